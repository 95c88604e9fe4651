"""A target in a process of its own: `python -m tests.conformance.targets [PART ...] --ready-file FILE`.

A PART is the name of a variation, a free answer, a defect or an agent. How the target is reached goes to the
file; it serves until it is told to end.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

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
    parser.add_argument("--ready-file", type=Path, required=True)
    parser.add_argument("--heartbeat", type=float, default=15.0)
    parser.add_argument("--limits", action="store_true", help="a file may have 4 MiB instead of 50")
    options = parser.parse_args()
    parts = [PARTS[name] for name in options.parts]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with serve(*parts, heartbeat=options.heartbeat, limits=options.limits) as target:
        first, second = target.accounts.keys
        told = {
            "base_url": target.url,
            "api_key": first,
            "second_api_key": second,
            "viewer_api_key": target.accounts.viewer_key,
            "app_id": target.accounts.app_id,
            "app_secret": target.accounts.app_secret,
        }
        options.ready_file.write_text(json.dumps(told))
        sys.stdin.read()


if __name__ == "__main__":
    main()
