"""Judge platforms that are free where no page speaks: `python -m lab.platforms.drawn`.

A false alarm is a failed requirement, or a warning that no answer of the platform explains, if a second trial
has it as well: so a delay on a busy machine does not count. With `--parts 8`, each platform is judged by
another eighth of a run; `--shrink` finds the answers that cause an alarm.
"""

import argparse
import sys

from lab.platforms.freedom.table import ANSWERS, drawn
from lab.platforms.freedom.trial import Found, Trial, shrunk, tried
from sigmic_conformance.run.sharding import Shard


def told(found: Found) -> str:
    """Return the text of a result: the counts, and each false alarm."""
    figures = ", ".join(f"{number} {outcome}" for outcome, number in found.outcomes.items() if number)
    alarms = [f"  {row} {why[:400]}" for row, why in found.alarms.items()]
    who = f"seed {found.trial.seed} part {found.trial.shard}"
    parts = [f"  of {' '.join(found.trial.answers)}"] if alarms else []
    return "\n".join([f"{who}: {figures}, {found.seconds:.0f} s", *alarms, *parts])


def causes(found: Found) -> str:
    """Return, for each alarm, the answers that cause it."""
    known: dict[tuple[str, ...], bool] = {}

    def cause(row: str) -> tuple[str, ...]:
        def fails(answers: tuple[str, ...]) -> bool:
            again = Trial(seed=found.trial.seed, answers=answers, shard=found.trial.shard)
            return known.setdefault(answers, row in next(tried([again], 1)).alarms)

        return shrunk(found.trial.answers, fails)

    return "\n".join(f"  {row} needs {' '.join(cause(row)) or 'nothing'}" for row in found.alarms)


def main() -> int:
    parser = argparse.ArgumentParser(prog="drawn", description="Judge platforms drawn by seed.")
    parser.add_argument("--seeds", type=int, default=10, help="how many platforms (default 10)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--parts", type=int, default=1, help="parts of a run, one for each platform")
    parser.add_argument("--jobs", type=int, default=2, help="how many platforms at once (default 2)")
    parser.add_argument("--answers", nargs="*", choices=ANSWERS, metavar="NAME", help="instead of drawn ones")
    parser.add_argument("--shrink", action="store_true", help="find the answers that an alarm needs")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    trials = [
        Trial(
            seed=seed,
            answers=drawn(seed) if options.answers is None else tuple(options.answers),
            shard=Shard(seed % options.parts + 1, options.parts),
        )
        for seed in seeds
    ]
    alarms = 0
    for found in tried(trials, options.jobs):
        print(told(found), flush=True)
        if not found.alarms:
            continue
        lasting = found.alarms.keys() & next(tried([found.trial], 1)).alarms.keys()
        alarms += len(lasting)
        print(f"  again in a second trial: {', '.join(sorted(lasting)) or 'none'}", flush=True)
        if options.shrink and lasting:
            print(causes(found), flush=True)
    print(f"{len(trials)} platforms, {alarms} false alarms")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
