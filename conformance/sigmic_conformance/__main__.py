"""`python -m sigmic_conformance` is the command `sigmic-conformance`."""

import sys

from sigmic_conformance.cli import main

sys.exit(main())
