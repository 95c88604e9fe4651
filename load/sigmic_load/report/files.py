"""The report's files, and the table for the terminal."""

import json
from collections.abc import Sequence
from pathlib import Path

from sigmic_load.measures.accounting import Account
from sigmic_load.report.build import Report
from sigmic_load.report.junit import junit
from sigmic_load.report.page import render_page
from sigmic_load.report.table import aligned
from sigmic_load.verdicts.conclusion import Conclusion
from sigmic_load.verdicts.objectives import Outcome

FILES = ("load.json", "junit.xml", "load.html")


def write_report(report: Report, folder: Path) -> None:
    """Write `load.json`, the page drawn from it, and the verdicts as JUnit."""
    folder.mkdir(parents=True, exist_ok=True)
    writers = (_in_lines, junit, render_page)
    for name, write in zip(FILES, writers, strict=True):
        (folder / name).write_text(write(report), encoding="utf-8")


def _in_lines(report: Report) -> str:
    """JSON with one line per part, because runs have too many slots for one line each."""
    parts = (f"{json.dumps(name)}: {json.dumps(part, allow_nan=False)}" for name, part in report.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def render_table(outcomes: Sequence[Outcome], conclusion: Conclusion, account: Account, answer: str) -> str:
    """Return the streams, the table of verdicts, the step shape's answer and the run's verdict."""
    rows = [("objective", "verdict", "measured", "asked", "samples")]
    for outcome in outcomes:
        it = outcome.objective
        measured = "-" if outcome.value is None else f"{outcome.value:.4g} {it.unit}".strip()
        rows.append((it.id, outcome.verdict.value, measured, it.asked, str(outcome.evidence)))
    step = [f"step: {answer}"] if answer else []
    return "\n".join(["", account.line, "", aligned(rows), "", *step, conclusion.headline])
