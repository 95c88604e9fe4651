"""`sigmic-load compare A B …`: what changed between the first run and the last.

Exit codes: 0 nothing is worse, 2 asked wrongly, 3 something is worse, 4 no answer: a run is incomplete, or
the last does not show what the first did, 6 something may be worse, and the runs are too short to say.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from sigmic_load.report.comparison import (
    QUANTILES,
    Change,
    ComparedMeasure,
    Estimate,
    Tolerance,
    compare,
    differences,
)
from sigmic_load.report.saved import BadReport, read_report
from sigmic_load.report.table import aligned
from sigmic_spec.arguments import as_argument
from sigmic_spec.plural import plural
from sigmic_spec.units import read_seconds

OK, ASKED_WRONGLY, WORSE, WITHOUT_ANSWER, UNSURE = 0, 2, 3, 4, 6

Trend = Sequence[ComparedMeasure]
"""One number of all runs: a row for each later run, compared with the first."""


def render(trends: Iterable[Trend]) -> str:
    """Return the table, what changed first."""
    order = list(Change)
    rows = sorted(trends, key=lambda trend: order.index(trend[-1].change))
    runs = len(rows[0]) + 1 if rows else 0
    head = ("measure", "statistic", *(f"run {number}" for number in range(1, runs + 1)), "change")
    return aligned([head, *(_cells(trend) for trend in rows)])


def _cells(trend: Trend) -> Iterator[str]:
    last = trend[-1]
    yield from (last.measure, last.statistic)
    for it in (last.first, *(row.second for row in trend)):
        yield _number(it, last.unit)
    yield f"{last.change}{_since(trend)}{_needs(last)}"


def _number(it: Estimate | None, unit: str) -> str:
    return "-" if it is None else f"{it.value:.4g} {unit}".strip()


def _since(trend: Trend) -> str:
    """The first of the last runs that all have the same change, if there are more than two runs."""
    if len(trend) == 1 or trend[-1].change not in {Change.WORSE, Change.BETTER}:
        return ""
    since = len(trend)
    while since > 1 and trend[since - 2].change is trend[-1].change:
        since -= 1
    return f" since run {since + 1}"


def _needs(row: ComparedMeasure) -> str:
    if row.change not in {Change.UNSURE, Change.LIKELY}:
        return ""
    return f": needs {_time(row.needs)}" if row.needs else ": no run of a day shows it"


def _time(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return plural(round(seconds), "judged second")
    return plural(round(seconds / 60), "judged minute")


def exit_code(trends: Sequence[Trend], reports: Sequence[Mapping[str, Any]]) -> int:
    """Return the exit code of a comparison: that of the last run with the first."""
    changes = {trend[-1].change for trend in trends}
    if Change.WORSE in changes:
        return WORSE
    compared = (reports[0], reports[-1])
    if not trends or Change.GONE in changes or any(it["verdict"] == "incomplete" for it in compared):
        return WITHOUT_ANSWER
    return UNSURE if Change.UNSURE in changes else OK


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; returns the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        reports = [read_report(each) for each in asked.runs]
    except BadReport as problem:
        sys.stderr.write(f"sigmic-load compare: {problem}\n")
        return ASKED_WRONGLY
    if len(reports) == 1:
        sys.stderr.write("sigmic-load compare: give two runs or more, the baseline first\n")
        return ASKED_WRONGLY
    first, *later = reports
    tolerance = Tolerance(relative=asked.tolerance, seconds=asked.least)
    statistics = asked.statistic or [name for name, _ in QUANTILES]
    trends = [
        trend
        for trend in zip(*(compare(first, each, tolerance) for each in later), strict=True)
        if trend[0].statistic in statistics or trend[0].statistic.startswith("share")
    ]
    for number, report in enumerate(reports, 1):
        labels = "".join(f", {name}={value}" for name, value in report.get("labels", {}).items())
        sys.stdout.write(
            f"run {number}: {report['verdict']}, {report['target']}, {report['began']}{labels}\n"
        )
        for difference in differences(first, report):
            sys.stdout.write(f"  another load, {difference}\n")
    sys.stdout.write(f"{render(trends)}\n")
    return exit_code(trends, reports)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Refuse in one line; argparse would print the usage as well."""
        self.exit(ASKED_WRONGLY, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("sigmic-load compare", description="Compare the reports of load tests.")
    parser.add_argument(
        "runs", type=Path, nargs="+", help="load.json or its folder: the baseline, then later runs in order"
    )
    parser.add_argument(
        "--tolerance", type=_share, default=0.1, metavar="SHARE", help="relative tolerance (default 0.1)"
    )
    parser.add_argument(
        "--least",
        type=as_argument(read_seconds),
        default=0.01,
        metavar="TIME",
        help="smallest difference to report (default 10ms)",
    )
    parser.add_argument(
        "--statistic",
        choices=[name for name, _ in QUANTILES],
        action="append",
        help="compare only this statistic of distributions; may be repeated",
    )
    return parser


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 10:  # noqa: PLR2004 - ten times as much is no tolerance any more
        raise argparse.ArgumentTypeError("give a share from 0 to 10, for example 0.1 for 10 %")
    return value


if __name__ == "__main__":
    raise SystemExit(main())
