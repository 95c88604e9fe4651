"""`python -m lab.mutation --platform mock`: put mistakes into a platform, and run the suite against it.

Prints each survivor as soon as it is found, and then the figures. Exits with 1 if requirements of the mutated
module detect fewer than 95 % of the mutants that a client can observe. The seed of the sample is printed.
"""

import argparse
import os
import secrets
import sys
from pathlib import Path

from lab.mutation.report import figures, survivor
from lab.mutation.run import trials
from lab.mutation.sources import ROOT

SAMPLE = 300
SEED_LIMIT = 1 << 32
DETECTED = 0.95
"""The share of mutants that the right requirement must detect."""


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m lab.mutation", description=__doc__)
    parser.add_argument("--platform", choices=("mock", "independent"), required=True)
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="N", help="number of mutants")
    parser.add_argument("--seed", type=int, help="draw the sample of this seed again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="go on from what is kept here, and keep more"
    )
    parser.add_argument(
        "--explained", type=Path, metavar="FILE", help="what is known of the survivors (YAML)"
    )
    parser.add_argument(
        "--controls", type=int, default=0, metavar="N", help="try it unchanged so many times instead"
    )
    options = parser.parse_args()
    seed = secrets.randbelow(SEED_LIMIT) if options.seed is None else options.seed
    folder = options.keep or ROOT / "reports" / f"mutants-{options.platform}"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {seed}; kept in {folder}", flush=True)
    found = []
    for trial in trials(
        options.platform,
        sample=options.sample,
        seed=seed,
        jobs=min(options.jobs, options.sample),
        folder=folder,
        controls=options.controls,
    ):
        found.append(trial)
        if text := survivor(trial):
            print(text, flush=True)
    told = figures(found, options.explained)
    print(told.text)
    return 0 if told.share >= DETECTED else 1


if __name__ == "__main__":
    sys.exit(main())
