"""Searches a running mock for inputs that hold its event loop: `python -m tests.blocking --ready-file FILE`.

It calls every operation of the API, the control plane and the console, and configures MCP servers and
playbooks: use a mock that serves nothing else. It talks to this machine only, and ends by itself.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.blocking.cases import keep, kept
from tests.blocking.mcp_output import McpOutput
from tests.blocking.operations import documents
from tests.blocking.pings import Pings
from tests.blocking.search import LIMIT, Search, Tried
from tests.blocking.target import Target
from tests.blocking.trial import Trial, doors


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.blocking", description=__doc__)
    parser.add_argument("--ready-file", type=Path, required=True, help="what sigmic-mock --ready-file wrote")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long to search (default: 600)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed tries the same first (default: 7)")
    parser.add_argument("--only", default="", help="operations and places whose name contains this")
    parser.add_argument("--replay", type=Path, help="measure the cases of this file and search nothing")
    parser.add_argument("--keep", type=Path, help="write what was found to this file")
    asked = parser.parse_args()
    target = Target.of(asked.ready_file)
    if target.address[0] not in {"127.0.0.1", "::1", "localhost"}:
        parser.error("the mock must be on this machine")
    with McpOutput() as output, Pings(*target.address, target.pid) as pings:
        trial = Trial(target, pings, output)
        if asked.replay:
            trials: Iterator[Tried] = (Tried(case, trial(case)) for case in kept(asked.replay))
        else:
            all_doors = doors(documents())
            chosen = tuple(each for each in all_doors.places if asked.only in f"{each[0]} {each[1]}")
            search = Search(replace(all_doors, places=chosen), trial, asked.seed)
            trials = search.run(asked.seconds)
        counted: Counter[str] = Counter()
        longest: dict[tuple[str, str, str], Tried] = {}
        for tried in trials:
            counted[tried.case.operation.split(" ")[0]] += 1
            name = (tried.case.operation, tried.case.place, tried.case.input.shape)
            if tried.seconds > LIMIT and (name not in longest or tried.seconds > longest[name].seconds):
                longest[name] = tried
                print(f"{tried.seconds * 1000:8.0f} ms  {tried.case}", flush=True)
    print(f"{dict(counted)} inputs, {len(longest)} finds over {LIMIT * 1000:.0f} ms")
    if asked.keep:
        keep(longest.values(), asked.keep)
    return 1 if longest else 0


if __name__ == "__main__":
    sys.exit(main())
