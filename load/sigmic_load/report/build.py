"""`load.json`: everything that was measured and judged, for programs and for the page. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sigmic_load.measures.catalogue import COUNTS, DISTRIBUTIONS
from sigmic_load.measures.histogram import RELATIVE_ERROR, Histogram
from sigmic_load.measures.outages import Outage
from sigmic_load.measures.recorder import Numbers
from sigmic_load.measures.timeline import Moment, Timeline
from sigmic_load.measures.worker_sums import WorkerSums
from sigmic_load.verdicts.conclusion import Conclusion
from sigmic_load.verdicts.objectives import Outcome, as_json

FORMAT = 2
QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999)
LEVELS = 12
"""The largest number of stream levels in the knee."""

Report = dict[str, Any]


def build_report(
    facts: Mapping[str, Any],
    workers: WorkerSums,
    numbers: Numbers,
    outcomes: Sequence[Outcome],
    conclusion: Conclusion,
    found: Sequence[Outage] = (),
) -> Report:
    """Return the report.

    `facts` are the run's own: target, shape, began (epoch seconds), judged (spans in seconds), streams, gaps.
    `numbers` are those that were judged: the recorder's, and those computed from its timeline.
    """
    recorder = workers.recorder
    timeline = recorder.timeline
    began = float(facts["began"])
    return {
        "format": FORMAT,
        "verdict": conclusion.verdict.value,
        "reasons": list(conclusion.reasons),
        "exit_code": conclusion.exit_code,
        **facts,
        "began": datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds"),
        "quantiles_wrong_by_at_most": RELATIVE_ERROR,
        "objectives": [as_json(outcome) for outcome in outcomes],
        "distributions": _distributions(numbers),
        "counts": _counts(numbers),
        "by_user": {user: _numbers(it) for user, it in sorted(numbers.users.items())},
        "outside": _numbers(recorder.outside),
        "timeline": list(_seconds(timeline, began)),
        "evidence": [
            {
                "kind": it.kind.value,
                "at": round(it.at - began, 3),
                "task": it.task,
                "stream": it.stream,
                "says": it.says,
                "bytes": it.bytes,
                "seconds": it.seconds,
            }
            for it in recorder.evidence
        ],
        "errors": [
            {
                "operation": operation,
                "reason": reason,
                "count": times.count,
                "first": round(times.first - began, 1),
                "last": round(times.last - began, 1),
            }
            for operation, reason, times in recorder.errors.most_frequent()
        ],
        "outages": [
            {
                "at": round(it.began - began, 1),
                "seconds": it.seconds,
                "least_share": it.least,
                "over": it.is_over,
            }
            for it in found
        ],
        "knee": knee(timeline, _last_second(began, facts["judged"])),
        "workers": {
            name: dict(Numbers.from_wire(wire).counts) for name, wire in sorted(workers.given.items())
        },
        "workers_lost": [
            {
                "worker": it.worker,
                "streams": it.streams,
                "at": round(it.at - began, 1),
                "returned": None if it.returned is None else round(it.returned - began, 1),
            }
            for _, it in sorted(workers.losses.items())
        ],
        "workers_late": [
            {"worker": name, "at": round(at - began, 1)} for name, at in sorted(workers.late.items())
        ],
    }


def _last_second(began: float, judged: Sequence[Sequence[float]]) -> float:
    """The epoch second in which judging ended. After it our own users leave."""
    return began + judged[-1][1] if judged else math.inf


def _numbers(numbers: Numbers) -> dict[str, Any]:
    return {"distributions": _distributions(numbers), "counts": _counts(numbers)}


def _distributions(numbers: Numbers) -> dict[str, Any]:
    return {
        name: {"unit": DISTRIBUTIONS[name].unit, "says": DISTRIBUTIONS[name].says, **summary(it)}
        for name, it in sorted(numbers.distributions.items())
        if it.count
    }


def summary(histogram: Histogram) -> dict[str, Any]:
    """Return a distribution's numbers, and its slots, with which reports can be merged."""
    quantiles = {f"p{share * 100:g}": histogram.quantile(share) for share in QUANTILES}
    return {
        "count": histogram.count,
        "mean": histogram.mean,
        "least": histogram.least,
        **quantiles,
        "most": histogram.most,
        "histogram": histogram.to_wire(),
    }


def _counts(numbers: Numbers) -> dict[str, Any]:
    return {
        name: {"value": numbers.count(name), "unit": row.unit, "says": row.says}
        for name, row in COUNTS.items()
        if name in numbers.counts
    }


def _seconds(timeline: Timeline, began: float) -> Iterable[dict[str, Any]]:
    for second, streams in timeline.open_streams():
        moment = timeline.moments.get(second) or Moment()
        lateness = moment.lateness
        yield {
            "second": second,
            "at": max(0.0, round(second - began, 3)),
            "streams": streams,
            "heartbeats": lateness.count,
            "p50": lateness.quantile(0.5),
            "p99": lateness.quantile(0.99),
            "most": lateness.most if lateness.count else None,
            "requested": moment.requested,
            "ended": moment.ended,
            "own_lag": moment.lag,
            "unmeasured": round(moment.unmeasured, 3),
            "held": round(moment.held, 3),
            "missing": round(moment.missing, 3),
            "returning": round(moment.returning, 3),
            "lost": moment.lost,
            "doubled": moment.doubled,
            "out_of_order": moment.out_of_order,
        }


def knee(timeline: Timeline, until: float = math.inf) -> list[dict[str, Any]]:
    """Return lateness by the number of open streams: a row for each level that occurred.

    `until` is the epoch second at which to stop.
    """
    seconds = [(second, streams) for second, streams in timeline.open_streams() if second < until]
    most = max((streams for _, streams in seconds), default=0)
    width = max(1, -(-most // LEVELS))
    levels: dict[int, Histogram] = {}
    for second, streams in seconds:
        moment = timeline.moments.get(second)
        if moment is not None and moment.lateness.count and streams > 0:
            levels.setdefault(-(-streams // width) * width, Histogram()).merge(moment.lateness)
    return [
        {
            "streams": min(level, most),
            "heartbeats": lateness.count,
            "p50": lateness.quantile(0.5),
            "p99": lateness.quantile(0.99),
            "most": lateness.most,
        }
        for level, lateness in sorted(levels.items())
    ]
