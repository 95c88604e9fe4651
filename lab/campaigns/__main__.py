"""Attack a mock of this machine: `python -m lab.campaigns kills|inputs [--seconds N] [--seed N]`.

The same seed gives the same choices. A campaign ends with 1 if the mock broke a promise.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from lab.campaigns import inputs, kills


def main() -> None:
    """Run one campaign and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m lab.campaigns", description=__doc__)
    parser.add_argument("campaign", choices=["kills", "inputs"])
    parser.add_argument("--seconds", type=float, default=180.0, help="end after this time (default 180)")
    parser.add_argument("--number", type=int, default=1_000_000, help="end after so many kills or inputs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, metavar="N", help="resume with this input")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="write each failed input there, shrunk")
    given = parser.parse_args()
    bounds = {"seed": given.seed, "number": given.number, "seconds": given.seconds}
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        outcome: kills.Outcome | inputs.Outcome
        if given.campaign == "kills":
            outcome = kills.campaign(Path(folder), **bounds)
        else:
            outcome = inputs.campaign(Path(folder), **bounds, first=given.first, kept=given.kept)
        sys.stdout.write("\n".join(outcome.lines()) + "\n")
    raise SystemExit(bool(outcome.problems))


if __name__ == "__main__":
    main()
