"""`python -m conformance` is the command `sigmic-conformance`."""

import sys

from sigmic_conformance.conformance.cli import main

sys.exit(main())
