"""A target in a process of its own: `python -m tests.conformance.targets [PART ...] [OPTIONS]`.

A PART is the name of a variation, a free answer, a defect or an agent. The process says how the target is
reached in a line of JSON, serves until its standard input ends (whoever started it has closed it, or is
gone), and says how many prompts the agent disobeyed.
"""

import argparse
import json
import sys

from tests.conformance.targets import defects, variations
from tests.conformance.targets.bugs.all import AREAS
from tests.conformance.targets.catalogue import DEFECTS, VARIATIONS
from tests.conformance.targets.disobedient import Deaf, Disobedient
from tests.conformance.targets.free_choices import ANSWERS
from tests.conformance.targets.server import serve

REGISTERED = (defects, variations, *AREAS)
SWITCHED = {name: switch.part for name, switch in (VARIATIONS | DEFECTS).items()}
AGENTS = {"Disobedient": Disobedient, "Deaf": Deaf}
PARTS = SWITCHED | ANSWERS | AGENTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="targets", description="Serve an independent platform.")
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--heartbeat", type=float, default=15.0)
    parser.add_argument("--limits", action="store_true", help="a file may have 4 MiB instead of 50")
    options = parser.parse_args()
    parts = [PARTS[name] for name in options.parts]
    with serve(*parts, heartbeat=options.heartbeat, limits=options.limits) as target:
        print(target.reach.line(), flush=True)  # noqa: T201  the process that started this one reads it
        sys.stdin.read()
        disobeyed = getattr(target.platform.agent, "disobeyed", 0)
    print(json.dumps({"disobeyed": disobeyed}), flush=True)  # noqa: T201  likewise


if __name__ == "__main__":
    main()
