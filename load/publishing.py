"""The end of a run: judge, tell the terminal, write the report, choose the exit code."""

import json
from collections.abc import Sequence
from pathlib import Path
from time import time

from locust.env import Environment

from load.page import render_page
from load.report import Report, build_report
from load.run import Run
from load.slo import Outcome, exit_code, judge


def publish(environment: Environment, run: Run) -> int | None:
    """Do all of it; returns the exit code, None when Locust may decide."""
    if not run.began:
        return None
    ran = [user_class.__name__ for user_class in environment.user_classes]
    outcomes = judge(run.objectives, run.recorder.numbers, ran)
    facts = {
        "target": environment.host,
        "shape": run.options.shape,
        "heartbeat_period": run.options.period,
        "began": run.began,
        "seconds": round(time() - run.began, 1),
        "users": {each.__name__: each.weight for each in environment.user_classes},
        "answer": run.answer or None,
    }
    report = build_report(facts, run.recorder, outcomes, run.readings, run.workers)
    print(render_table(outcomes, run.answer))  # noqa: T201 - the verdicts are what the command is for
    if run.options.report is not None:
        write_report(report, run.options.report)
        print(f"report: {run.options.report / 'load.html'}")  # noqa: T201 - see above
    return exit_code(outcomes)


def write_report(report: Report, folder: Path) -> None:
    """Write `load.json` and `load.html`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "load.json").write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (folder / "load.html").write_text(render_page(report), encoding="utf-8")


def render_table(outcomes: Sequence[Outcome], answer: str) -> str:
    """Return the verdict table, with the answer of the step shape below it."""
    rows = [("objective", "verdict", "measured", "asked", "samples")]
    for outcome in outcomes:
        it = outcome.objective
        measured = "-" if outcome.value is None else f"{outcome.value:.4g} {it.unit}".strip()
        rows.append(
            (it.id, outcome.verdict.value, measured, f"{it.statistic} {it.bound}", str(outcome.evidence))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join(["", *lines, *([f"\n{answer}"] if answer else [])])
