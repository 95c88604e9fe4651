"""Judges platforms drawn from the free choices: `python -m tests.conformance.targets.drawn --seeds 100`.

Each failed requirement is a false alarm, told with the answers that the platform gave.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.conformance.targets.free_choices import drawn
from tests.conformance.targets.judging import Judgement
from tests.conformance.targets.side_by_side import Order, SideBySide

SEVERE = ("failed", "errored")


def order_of(seed: int, *flags: str) -> Order:
    """The platform of a seed, and how it is judged."""
    return Order(parts=drawn(seed), flags=("--tier", "standard", "--journeys", "pairs", *flags), seconds=1800)


def told(seed: int, found: Judgement) -> str:
    """What a platform was told: the figures, and each false alarm."""
    counts = {
        word: len(found.rows(word)) for word in ("passed", "warned", "inconclusive", "blocked", *SEVERE)
    }
    figures = ", ".join(f"{number} {word}" for word, number in counts.items())
    alarms = [f"  {row} {why}" for row, why in found.rows(*SEVERE).items()]
    parts = f"  of {' '.join(drawn(seed))}" if alarms else ""
    return "\n".join([f"seed {seed}: {figures}, {found.seconds:.0f} s", *alarms, *filter(None, [parts])])


def main() -> int:
    parser = argparse.ArgumentParser(prog="drawn", description="Check platforms drawn from the free choices.")
    parser.add_argument("--seeds", type=int, default=10, help="how many platforms (default 10)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--only", default=None, metavar="EXPRESSION", help="rows to judge, as for -k")
    options = parser.parse_args()
    flags = ("-k", options.only) if options.only else ()
    seeds = range(options.first, options.first + options.seeds)
    alarms = 0
    with tempfile.TemporaryDirectory(prefix="drawn-") as folder:
        judged = SideBySide([order_of(seed, *flags) for seed in seeds], Path(folder))
        try:
            for seed in seeds:
                found = judged.of(order_of(seed, *flags))
                alarms += len(found.rows(*SEVERE))
                print(told(seed, found), flush=True)  # noqa: T201  the command's output
        finally:
            judged.close()
    print(f"{len(seeds)} platforms, {alarms} false alarms")  # noqa: T201  likewise
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
