"""`python -m conformance` is the command `sigmic-conformance`."""

import sys

from conformance.cli import main

sys.exit(main())
