"""The end of a run: judge it, print the result, write the report, choose the exit code."""

import os
import platform
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version

from locust.env import Environment

from sigmic_load.measures.accounting import Account, account
from sigmic_load.measures.clock import now
from sigmic_load.measures.evidence import Kind
from sigmic_load.measures.outages import Outage, outages, unfinished_recovery
from sigmic_load.measures.recorder import Numbers
from sigmic_load.report.build import Report, build_report
from sigmic_load.report.files import render_table, write_report
from sigmic_load.run.kinds import kinds
from sigmic_load.run.run import Run
from sigmic_load.shapes.plans import NO_STEP
from sigmic_load.verdicts.as_asked import Amounts, shortfalls
from sigmic_load.verdicts.cadence import drift, mismatch
from sigmic_load.verdicts.conclusion import WITHOUT_ANSWER_EXIT, Conclusion, conclude
from sigmic_load.verdicts.fitness import NAMED, examine
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
    at = now()
    spans = [(window.began, window.end or at) for window in run.windows]
    found = outages(run.recorder.timeline, spans)
    numbers = run.recorder.numbers.copy()
    for outage in found:
        if outage.is_over:
            numbers.add("recovery", float(outage.seconds))
    lasting = unfinished_recovery(run.recorder.timeline, found, spans)
    unfinished = {} if lasting is None else {"recovery": lasting}
    ran = kinds(environment.user_classes)
    return Judged(spans, found, numbers, judge(run.settings.objectives, numbers, ran, unfinished))


def current(environment: Environment, run: Run) -> Standing:
    """Judge the run so far or at its end, and build its report."""
    judged = judge_now(environment, run)
    outcomes = judged.outcomes
    seconds = sum(end - start for start, end in judged.spans)
    planned, done = amounts(run, judged.numbers, seconds)
    gaps = [*run.gaps, *unanswered(run, [each.__name__ for each in environment.user_classes])]
    if (run.is_over or not run.is_due) and not run.ended_by:
        patience = run.settings.workload.warm_up
        gaps[:0] = shortfalls(planned, done, has_ended=run.has_ended, patience=patience)
    limit = run.settings.most_unmeasured
    generator = examine(run.workers.processes(), outcomes, seconds, run.began, limit)
    row = account(
        judged.numbers.counts, run.recorder.errors, wanted=run.most_streams, lost=run.workers.streams_lost()
    )
    conclusion = conclude(outcomes, gaps, run.ended_by, generator=generator, notes=notes(run, row))
    facts = {
        "target": _without_credential(environment.host or ""),
        "shape": run.settings.shape,
        "heartbeat_period": run.settings.period,
        "began": run.began,
        "seconds": round(done.seconds, 1),
        "judged": [[round(start - run.began, 3), round(end - run.began, 3)] for start, end in judged.spans],
        "workload": run.settings.workload_digest,
        "slo": run.settings.slo_digest,
        "streams": row.as_json(),
        "generator": generator.as_json(run.began),
        "gaps": [*filter(None, (run.ended_by,)), *gaps],
        "labels": dict(run.options.labels),
        "planned": run.planned,
        "done": asdict(done),
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
    report = build_report(facts, run.workers, judged.numbers, outcomes, conclusion, judged.outages)
    return Standing(outcomes, conclusion, row, report)


def amounts(run: Run, numbers: Numbers, judged: float) -> tuple[Amounts, Amounts]:
    """Return how much was planned so far, and how much was done."""
    plan = run.planned or {}
    opened = max((streams for _, streams in run.recorder.timeline.open_streams()), default=0)
    beats = numbers.count("heartbeats") + numbers.count("heartbeats_missed")
    planned = Amounts(
        seconds=plan.get("lasts", 0.0),
        judged=plan.get("judged", 0.0),
        users=run.most_asked,
        streams=run.most_streams,
        heartbeats=int(judged / run.settings.period) * run.most_streams,
    )
    seconds = run.seconds or now() - run.began
    done = Amounts(seconds=seconds, judged=judged, users=run.most_users, streams=opened, heartbeats=beats)
    return planned, done


def notes(run: Run, row: Account) -> list[str]:
    """Return remarks to show with the verdict, which they do not change."""
    found = [*filter(None, (drift(run.recorder.numbers, run.settings.period),))]
    noisy = [it for it in run.recorder.evidence if it.kind is Kind.NOISY]
    found += [f"stream {it.stream} of task {it.task}: {it.says}" for it in noisy[:NAMED]]
    if unbounded := run.recorder.numbers.count("values_unbounded"):
        found.append(f"{unbounded} times lie in a stall of the load generator: nothing bounds them")
    if row.early:
        found.append(
            f"{row.early} of {row.answered} streams ended early, with done or because their task was over: "
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
        return []
    found = [NO_STEP] if run.answer == NO_STEP else []
    if without := sorted(set(asked) - run.started):
        few = plural(run.most_users, "user")
        found.append(f"no {' and no '.join(without)} ran: {few} were too few. Name the classes, or add users")
    found.extend(filter(None, (mismatch(run.recorder.numbers, run.settings.period),)))
    due, missed = (run.recorder.numbers.count(name) for name in ("arrivals", "arrivals_missed"))
    if missed:
        found.append(
            f"{missed} of {due} due turns could not be started: the load generator kept "
            f"{(due - missed) / due:.0%} of the requested rate. Add users or processes"
        )
    return found
