"""Run a target as a process: `python -m lab.platforms [PART ...] --ready-file FILE`.

A PART is the name of a legal answer, a defect or an agent; `--freedom SEED` draws answers to what no page
specifies. The target writes its address and credentials to FILE. It ends on SIGTERM, or when its input ends.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

from lab.platforms import defects
from lab.platforms.bugs.all import AREAS
from lab.platforms.catalogue import DEFECTS
from lab.platforms.disobedient import Deaf, Disobedient
from lab.platforms.freedom.table import ANSWERS, drawn
from lab.platforms.server import serve
from lab.platforms.suite_run import credentials
from sigmic_conformance.target.served import VARIABLES

REGISTERED = (defects, *AREAS)
AGENTS = {"Disobedient": Disobedient, "Deaf": Deaf}
PARTS = {name: each.part for name, each in (ANSWERS | DEFECTS).items()} | AGENTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="targets", description="Serve an independent platform.")
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--ready-file", type=Path, required=True)
    parser.add_argument("--freedom", type=int, metavar="SEED", help="draw what no page specifies")
    parser.add_argument("--heartbeat", type=float, default=15.0)
    parser.add_argument("--limits", action="store_true", help="a file may have 4 MiB instead of 50")
    options = parser.parse_args()
    free = () if options.freedom is None else drawn(options.freedom)
    parts = [PARTS[name] for name in (*options.parts, *free)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with serve(*parts, heartbeat=options.heartbeat, limits=options.limits) as target:
        variables = credentials(target)
        keys = {name: variables[each] for name, each in VARIABLES.items() if each in variables}
        told = keys | {
            "base_url": target.url,
            "allowed_origin": target.accounts.origins[0],
            "session_expiry_seconds": target.platform.idle_seconds + 0.5,
        }
        options.ready_file.write_text(json.dumps(told))
        sys.stdin.read()


if __name__ == "__main__":
    main()
