"""The end of a run: judge it, print the result, write the report, choose the exit code."""

import os
import platform
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from time import time

from locust.env import Environment

from sigmic_load.measures.accounting import Account, account
from sigmic_load.measures.outages import Outage, outages, unfinished_recovery
from sigmic_load.measures.recorder import Numbers
from sigmic_load.report.build import Report, build_report
from sigmic_load.report.files import render_table, write_report
from sigmic_load.run.run import Run
from sigmic_load.shapes.plans import NO_STEP
from sigmic_load.verdicts.cadence import mismatch
from sigmic_load.verdicts.conclusion import WITHOUT_ANSWER_EXIT, Conclusion, conclude
from sigmic_load.verdicts.fitness import examine
from sigmic_load.verdicts.objectives import Outcome, judge
from sigmic_spec.plural import plural


@dataclass(frozen=True, slots=True)
class Standing:
    """The current state of a run: its outcomes, its conclusion and its report."""

    outcomes: Sequence[Outcome]
    conclusion: Conclusion
    account: Account
    report: Report


def publish(environment: Environment, run: Run) -> None:
    """Publish the result, once per run. Locust only logs an exception in here, and would exit with 0."""
    if not run.is_due:  # Locust also stops what it has not started
        return
    run.is_due = False
    run.exit_codes.append(WITHOUT_ANSWER_EXIT)
    it = current(environment, run)
    print(render_table(it.outcomes, it.conclusion, it.account, run.answer))  # noqa: T201 - what the command is for
    if run.folder is not None:
        try:
            write_report(it.report, run.folder)
            print(f"report: {run.folder / 'load.html'}")  # noqa: T201 - see above
        except OSError as error:  # a disk may have filled up since the start
            problem = f"locust: the report can't be written to {run.folder}: {error.strerror or error}\n"
            sys.stderr.write(problem)
            run.exit_codes.append(WITHOUT_ANSWER_EXIT)
    run.exit_codes.remove(WITHOUT_ANSWER_EXIT)
    if it.conclusion.exit_code is not None:
        run.exit_codes.append(it.conclusion.exit_code)


@dataclass(frozen=True, slots=True)
class Judged:
    """The data that a run is judged on, and its outcomes. `spans` are epoch seconds."""

    spans: Sequence[tuple[float, float]]
    outages: Sequence[Outage]
    numbers: Numbers
    outcomes: Sequence[Outcome]


def judge_now(environment: Environment, run: Run) -> Judged:
    """Judge the run so far. Cheap enough to be called every other second."""
    now = time()
    spans = [(window.began, window.end or now) for window in run.windows]
    found = outages(run.recorder.timeline, spans)
    numbers = run.recorder.numbers.copy()
    for outage in found:
        if outage.is_over:
            numbers.add("recovery", float(outage.seconds))
    lasting = unfinished_recovery(run.recorder.timeline, found, spans)
    ran = [user_class.__name__ for user_class in environment.user_classes]
    unfinished = {} if lasting is None else {"recovery": lasting}
    return Judged(spans, found, numbers, judge(run.objectives, numbers, ran, unfinished))


def current(environment: Environment, run: Run) -> Standing:
    """Judge the run so far or at its end, and build its report."""
    judged = judge_now(environment, run)
    outcomes = judged.outcomes
    gaps = [*run.gaps, *unanswered(run, [each.__name__ for each in environment.user_classes])]
    seconds = sum(end - start for start, end in judged.spans)
    generator = examine(run.workers.processes(), outcomes, seconds, run.began, run.most_unmeasured)
    row = account(
        judged.numbers.counts, run.recorder.errors, wanted=run.most_streams, lost=run.workers.streams_lost()
    )
    conclusion = conclude(outcomes, gaps, run.ended_by, generator=generator, notes=notes(run, row))
    facts = {
        "target": _without_credential(environment.host or ""),
        "shape": run.options.shape,
        "heartbeat_period": run.options.period,
        "began": run.began,
        "seconds": round(time() - run.began, 1),
        "judged": [[round(start - run.began, 3), round(end - run.began, 3)] for start, end in judged.spans],
        "workload": run.workload.digest,
        "streams": row.as_json(),
        "generator": generator.as_json(run.began),
        "gaps": [*filter(None, (run.ended_by,)), *gaps],
        "labels": dict(run.options.labels),
        "planned": run.planned,
        "users": {each.__name__: each.weight for each in environment.user_classes},
        "most_users": run.most_users,
        "answer": run.answer or None,
        "command": _without_credential(shlex.join(["locust", *sys.argv[1:]])),
        "versions": {
            "sigmic-load": version("sigmic-load"),
            "locust": version("locust"),
            "python": platform.python_version(),
        },
        "machine": {"system": platform.platform(), "processors": os.cpu_count() or 0},
    }
    report = build_report(
        facts, run.workers, judged.numbers, outcomes, conclusion, run.readings, judged.outages
    )
    return Standing(outcomes, conclusion, row, report)


def notes(run: Run, row: Account) -> list[str]:
    """Return remarks to show with the verdict, which they do not change."""
    found = []
    if row.early:
        found.append(
            f"{row.early} of {row.answered} streams ended early, with done: "
            "this run shows nothing about streams that stay open longer"
        )
    if late := run.workers.late:
        first = min(late.values()) - run.began
        found.append(
            f"{plural(len(late), 'worker')} ({', '.join(sorted(late)[:3])}) joined after the start, the "
            f"first after {first:.0f} s: without users, and nothing was counted"
        )
    return found


def _without_credential(text: str) -> str:
    """Remove the user and password from an address."""
    return re.sub(r"//[^/@\s]*@", "//", text)


def unanswered(run: Run, asked: Sequence[str]) -> list[str]:
    """Return what the run was started for and did not reach; `asked` are its user classes."""
    if not run.windows:
        return ["it ended before all users and their streams were there, so nothing was judged"]
    found = [NO_STEP] if run.answer == NO_STEP else []
    if without := sorted(set(asked) - run.started):
        few = plural(run.most_users, "user")
        found.append(f"no {' and no '.join(without)} ran: {few} were too few. Name the classes, or add users")
    found.extend(filter(None, (mismatch(run.recorder.numbers, run.options.period),)))
    due, missed = (run.recorder.numbers.count(name) for name in ("arrivals", "arrivals_missed"))
    if missed:
        found.append(
            f"{missed} of {due} due turns could not be started: the load generator kept "
            f"{(due - missed) / due:.0%} of the requested rate. Add users or processes"
        )
    return found
