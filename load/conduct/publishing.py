"""The end of a run: judge, tell the terminal, write the report, choose the exit code."""

import os
import platform
import shlex
import sys
from importlib.metadata import version
from time import time

from locust.env import Environment

from sigmic_conformance.load.measures.outages import outages
from sigmic_conformance.load.report.build import build_report
from sigmic_conformance.load.report.files import render_table, write_report
from sigmic_conformance.load.run.run import Run
from sigmic_conformance.load.shapes.plans import NO_STEP
from sigmic_conformance.load.verdicts.conclusion import conclude
from sigmic_conformance.load.verdicts.objectives import judge


def publish(environment: Environment, run: Run) -> None:
    """Do all of it, once a run."""
    ran = [user_class.__name__ for user_class in environment.user_classes]
    found = outages(run.recorder.timeline, [(window.began, window.end or time()) for window in run.windows])
    for outage in found:
        run.recorder.numbers.add("recovery", float(outage.seconds))
    outcomes = judge(run.objectives, run.recorder.numbers, ran)
    conclusion = conclude(outcomes, [*run.gaps, *unanswered(run)])
    facts = {
        "target": environment.host,
        "shape": run.options.shape,
        "heartbeat_period": run.options.period,
        "began": run.began,
        "seconds": round(time() - run.began, 1),
        "judged": [
            [round(window.began - run.began, 3), round((window.end or time()) - run.began, 3)]
            for window in run.windows
        ],
        "users": {each.__name__: each.weight for each in environment.user_classes},
        "answer": run.answer or None,
        "command": shlex.join(["locust", *sys.argv[1:]]),
        "versions": {
            "sigmic-conformance": version("sigmic-conformance"),
            "locust": version("locust"),
            "python": platform.python_version(),
        },
        "machine": {"system": platform.platform(), "processors": os.cpu_count() or 0},
    }
    report = build_report(facts, run.recorder, outcomes, conclusion, run.readings, run.workers, found)
    print(render_table(outcomes, conclusion, run.answer))  # noqa: T201 - the verdicts are what the command is for
    if run.folder is not None:
        write_report(report, run.folder)
        print(f"report: {run.folder / 'load.html'}")  # noqa: T201 - see above
    if conclusion.exit_code is not None:
        run.exit_codes.append(conclusion.exit_code)


def unanswered(run: Run) -> list[str]:
    """Return what the run was started for and did not come to."""
    if not run.windows:
        return ["it ended before all users and their streams were there, so nothing was judged"]
    found = [NO_STEP] if run.answer == NO_STEP else []
    due, missed = (run.recorder.numbers.count(name) for name in ("arrivals", "arrivals_missed"))
    if missed:
        found.append(
            f"{missed} of {due} turns that were due could not be begun: the load generator kept "
            f"{(due - missed) / due:.0%} of the rate that was asked for; add users or processes"
        )
    return found
