"""`python -m load.compare A B`: what became of a target between two runs.

Exit codes: 0 nothing is worse, 2 asked wrongly, 3 something is worse, 4 no answer: a run is incomplete, or
the second does not show what the first did.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sigmic_conformance.load.report.comparison import Change, ComparedMeasure, Tolerance, compare, differences
from sigmic_conformance.load.report.saved import BadReport, read_report
from sigmic_conformance.spec.units import time_argument

OK, ASKED_WRONGLY, WORSE, WITHOUT_ANSWER = 0, 2, 3, 4


def render(rows: Sequence[ComparedMeasure]) -> str:
    """Return the table, what changed first."""
    order = list(Change)
    lines = [("measure", "statistic", "first", "second", "change")]
    for row in sorted(rows, key=lambda row: order.index(row.change)):
        first, second = (
            "-" if it is None else f"{it.value:.4g} {row.unit}".strip() for it in (row.first, row.second)
        )
        lines.append((row.measure, row.statistic, first, second, row.change.value))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def exit_code(rows: Sequence[ComparedMeasure], reports: Sequence[Mapping[str, Any]]) -> int:
    """Return the exit code of a comparison."""
    changes = {row.change for row in rows}
    if Change.WORSE in changes:
        return WORSE
    lacks = Change.GONE in changes or any(report["verdict"] == "incomplete" for report in reports)
    return WITHOUT_ANSWER if lacks or not rows else OK


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; returns the exit code."""
    parser = argparse.ArgumentParser("load.compare", description="Compare the reports of two load tests.")
    parser.add_argument("first", type=Path, help="baseline run: load.json or its folder")
    parser.add_argument("second", type=Path, help="run to compare: load.json or its folder")
    parser.add_argument(
        "--tolerance", type=_share, default=0.1, metavar="SHARE", help="relative tolerance (default 0.1)"
    )
    parser.add_argument(
        "--least",
        type=time_argument,
        default=0.01,
        metavar="TIME",
        help="smallest difference to report (default 10ms)",
    )
    asked = parser.parse_args(arguments)
    try:
        first, second = read_report(asked.first), read_report(asked.second)
    except BadReport as problem:
        sys.stderr.write(f"load.compare: {problem}\n")
        return ASKED_WRONGLY
    rows = list(compare(first, second, Tolerance(relative=asked.tolerance, seconds=asked.least)))
    for name, report in (("first", first), ("second", second)):
        sys.stdout.write(f"{name}: {report['verdict']}, {report['target']}, {report['began']}\n")
    for difference in differences(first, second):
        sys.stdout.write(f"different settings: {difference}\n")
    sys.stdout.write(f"{render(rows)}\n")
    return exit_code(rows, (first, second))


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 10:  # noqa: PLR2004 - ten times as much is no tolerance any more
        raise argparse.ArgumentTypeError("a tolerance is a share from 0 to 10, for example 0.1 for 10 %")
    return value


if __name__ == "__main__":
    raise SystemExit(main())
