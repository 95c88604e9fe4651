"""Measure the mock against the least that its framework can do: `python -m lab.bench [--only NAME …]`.

Both sides run in processes of their own and take turns; this process is the client. Every row asserts that
its work was done. Figures of one machine and one run compare with one another only.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.bench import calls, history, idle_streams, starting, uploads
from lab.bench.figures import Row, table
from lab.bench.plan import QUICK, WHOLE, Size
from sigmic_spec.nearest import hint_of_known

SUBJECTS: Mapping[str, Callable[[Size], Coroutine[Any, Any, list[Row]]]] = {
    "get": calls.get_task,
    "create": calls.create_task,
    "streams": idle_streams.idle_streams,
    "history": history.history,
    "uploads": uploads.uploads,
    "start": starting.start,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m lab.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", default=list(SUBJECTS), help=", ".join(SUBJECTS))
    parser.add_argument("--rounds", type=int, help="turns of each side")
    parser.add_argument("--quick", action="store_true", help="small sizes; for a look, not for a record")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    given = parser.parse_args()
    for name in given.only:
        if name not in SUBJECTS:
            parser.error(f"no row {name!r}{hint_of_known(name, SUBJECTS)}")
    size = QUICK if given.quick else WHOLE
    if given.rounds is not None:
        size = replace(size, rounds=max(1, given.rounds))
    load = os.getloadavg()[0]
    rows: list[Row] = []
    failed: list[str] = []
    for name in given.only:
        sys.stderr.write(f"{name} …\n")
        try:
            rows += asyncio.run(SUBJECTS[name](size))
        except Exception as problem:  # noqa: BLE001 - one row that cannot be measured must not cost the others
            failed.append(f"{name} was not measured: {type(problem).__name__}: {problem}"[:500])
            sys.stderr.write(failed[-1] + "\n")
    about = f"{os.cpu_count()} processors, load {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    sys.stdout.write("\n".join([table(rows), *failed, about]) + "\n")
    if given.json is not None:
        written = {"machine": about, "rows": [row.as_json() for row in rows], "failed": failed}
        given.json.write_text(json.dumps(written, indent=1) + "\n")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
