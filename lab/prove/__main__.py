"""`python -m lab.prove`."""

import sys

from lab.prove.command import main

sys.exit(main())
