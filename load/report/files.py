"""The report's files, and the table for the terminal."""

import json
from collections.abc import Sequence
from pathlib import Path

from sigmic_conformance.load.measures.accounting import Account
from sigmic_conformance.load.report.build import Report
from sigmic_conformance.load.report.page import render_page
from sigmic_conformance.load.report.verdict_files import junit, verdicts_csv
from sigmic_conformance.load.verdicts.conclusion import Conclusion
from sigmic_conformance.load.verdicts.objectives import Outcome


def write_report(report: Report, folder: Path) -> None:
    """Write `load.json`, the page drawn from it, and the verdicts as CSV and JUnit."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "load.json").write_text(_in_lines(report), encoding="utf-8")
    (folder / "verdicts.csv").write_text(verdicts_csv(report), encoding="utf-8")
    (folder / "junit.xml").write_text(junit(report), encoding="utf-8")
    (folder / "load.html").write_text(render_page(report), encoding="utf-8")


def _in_lines(report: Report) -> str:
    """JSON with a line for each part: whole runs have too many slots for a line each."""
    parts = (f"{json.dumps(name)}: {json.dumps(part, allow_nan=False)}" for name, part in report.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def render_table(outcomes: Sequence[Outcome], conclusion: Conclusion, account: Account, answer: str) -> str:
    """Return the streams and the table of verdicts; below, the step shape's answer and the run's verdict."""
    rows = [("objective", "verdict", "measured", "asked", "samples")]
    for outcome in outcomes:
        it = outcome.objective
        measured = "-" if outcome.value is None else f"{outcome.value:.4g} {it.unit}".strip()
        rows.append((it.id, outcome.verdict.value, measured, it.asked, str(outcome.evidence)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join(
        ["", account.line, "", *lines, "", *([f"step: {answer}"] if answer else []), conclusion.headline]
    )
