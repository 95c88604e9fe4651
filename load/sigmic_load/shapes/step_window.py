"""The window of one step: measurements since it started, judged by the objectives."""

from collections.abc import Iterable, Sequence

from sigmic_load.run.run import Run
from sigmic_load.shapes.plans import Stand
from sigmic_load.verdicts.objectives import Objective, Verdict, judge

LATENESS = ("heartbeat_lateness_corrected", "heartbeat_lateness")
NO_HEARTBEAT = "no heartbeat came, so nothing shows that it holds"


def begin_window(run: Run) -> None:
    """Start to measure a step."""
    run.window = run.recorder.numbers.copy()
    run.window_streams = run.recorder.streams_open


def judge_window(run: Run, ran: Iterable[str]) -> Stand:
    """Judge the step: the streams held all through it, their lateness, and the first objective that broke."""
    numbers = run.recorder.numbers.since(run.window)
    outcomes = judge(run.settings.objectives, numbers, ran)
    broken = next((outcome.line for outcome in outcomes if outcome.verdict is Verdict.BROKEN), "")
    lateness = numbers.distribution(LATENESS[0])
    return Stand(
        streams=min(run.window_streams, run.recorder.streams_open),
        lateness=lateness.quantile(0.99),
        broken=broken or ("" if lateness.count else NO_HEARTBEAT),
    )


def lateness_limit(objectives: Sequence[Objective]) -> str:
    """Return the limit that the objectives set on the p99 of lateness, as text."""
    for name in LATENESS:
        for objective in objectives:
            if (objective.measure, objective.statistic) == (name, "p99") and objective.at_most is not None:
                return f"{objective.at_most:g} s"
    return "no limit of the objectives"
