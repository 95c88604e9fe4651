"""Compare two reports: what became better, what became worse, and what the samples cannot show. Pure.

A quantile lies, with 95 % confidence, between the values whose ranks are 1.96 standard errors of a binomial
from its own; a share between the ends of Wilson's interval. Two runs differ if their intervals do not overlap
and the change exceeds the tolerance. Values of the same second are not independent, so a distribution counts
as at most one sample per judged second: a p99 takes runs of some minutes.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sigmic_load.measures.catalogue import COUNTS
from sigmic_load.measures.histogram import RELATIVE_ERROR, Histogram

Z = 1.96
QUANTILES = (("p50", 0.5), ("p99", 0.99))
MORE_IS_BETTER = frozenset({"upload_rate", "stream_seconds_held"})
OURS = frozenset({"client_lag"})
"""Measures of the load generator itself: a change does not concern the target."""
LONGEST = 86400.0
"""Seconds. If a change takes longer runs to show, no length of a run is given."""


class Change(StrEnum):
    """How a number of the second run compares with the first."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "same"
    UNSURE = "unsure"
    """Perhaps worse."""
    LIKELY = "perhaps better"
    GONE = "gone"
    """Measured in the first run, not in the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its 95 % confidence interval."""

    value: float
    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedMeasure:
    """One number in both runs."""

    measure: str
    statistic: str
    unit: str
    first: Estimate
    second: Estimate | None
    change: Change
    needs: float | None = None
    """An unsure change would show in two runs that are judged for this number of seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """Changes below these do not count: a share of the first value, or seconds. `share` is for shares."""

    relative: float = 0.1
    seconds: float = 0.01
    share: float = 0.001


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return which conditions differ between two runs, as text: then their numbers are less comparable."""
    return [
        f"{name}: {before} and {after}"
        for (name, before), after in zip(
            _conditions(first).items(), _conditions(second).values(), strict=True
        )
        if before != after
    ]


def _conditions(report: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "shape": report["shape"],
        "heartbeat period": report["heartbeat_period"],
        "users at one time": report.get("most_users"),
        "streams to be held": report.get("streams", {}).get("wanted"),
        "weights": report["users"],
        "workload": report.get("workload"),
        "objectives": report.get("slo"),
        "machine": report["machine"],
    }


Measured = Callable[[float | None], Estimate]
"""Estimates a number of a run. Given seconds, as if the run had been judged for that long."""


def compare(
    first: Mapping[str, Any], second: Mapping[str, Any], tolerance: Tolerance
) -> Iterator[ComparedMeasure]:
    """Yield a row for each number of the first report that both runs could show."""
    for name, found in first["distributions"].items():
        if name in OURS:
            continue
        unit = found["unit"]
        least = tolerance.seconds if unit == "s" else 0.0
        for statistic, share in QUANTILES:
            before = _quantile_of(found, share, _judged_seconds(first))
            other = second["distributions"].get(name)
            after = None if other is None else _quantile_of(other, share, _judged_seconds(second))
            yield _row(name, statistic, unit, before, after, tolerance.relative + 2 * RELATIVE_ERROR, least)
    for name, measure in COUNTS.items():
        if not measure.evidence:
            continue
        before_share, after = (_share_of(report, name) for report in (first, second))
        if before_share is not None:
            of = f"share of {measure.evidence}"
            yield _row(name, of, "", before_share, after, tolerance.relative, tolerance.share)


def _row(
    measure: str,
    statistic: str,
    unit: str,
    before: Measured,
    after: Measured | None,
    relative: float,
    absolute: float,
) -> ComparedMeasure:
    first, second = before(None), None if after is None else after(None)
    change = _change(first, second, max(relative * first.value, absolute), measure in MORE_IS_BETTER)
    needs = None
    if change in {Change.UNSURE, Change.LIKELY} and after is not None:
        needs = _seconds_to_tell(before, after)
    return ComparedMeasure(
        measure=measure,
        statistic=statistic,
        unit=unit,
        first=first,
        second=second,
        change=change,
        needs=needs,
    )


def _seconds_to_tell(before: Measured, after: Measured) -> float | None:
    """For how many seconds both runs must be judged to show their difference, if it is the observed one."""
    seconds = 10.0
    while seconds <= LONGEST:
        if _are_apart(before(seconds), after(seconds)):
            return seconds
        seconds *= 1.1
    return None


def _are_apart(first: Estimate, second: Estimate) -> bool:
    return second.least > first.most or second.most < first.least


def _change(first: Estimate, second: Estimate | None, tolerated: float, more_is_better: bool) -> Change:  # noqa: FBT001 - pure, used once
    if second is None:
        return Change.GONE
    grown = second.value - first.value
    if abs(grown) <= tolerated:
        return Change.SAME
    is_better = (grown > 0) == more_is_better
    if not _are_apart(first, second):
        return Change.LIKELY if is_better else Change.UNSURE
    return Change.BETTER if is_better else Change.WORSE


def _judged_seconds(report: Mapping[str, Any]) -> float:
    return float(sum(end - start for start, end in report["judged"]))


def _quantile_of(found: Mapping[str, Any], share: float, judged: float) -> Measured:
    histogram = Histogram.from_wire(found["histogram"])
    per_second = histogram.count / judged if judged else 0.0

    def measured(seconds: float | None) -> Estimate:
        samples = min(histogram.count, judged) if seconds is None else min(per_second, 1.0) * seconds
        return quantile(histogram, share, samples)

    return measured


def quantile(histogram: Histogram, share: float, samples: float) -> Estimate:
    """Return a quantile and its interval, given the number of independent values."""
    value = histogram.quantile(share)
    if value is None:
        raise ValueError("a distribution of a report has values")
    spread = _spread(share, samples)
    # Beyond the last sample there is no upper bound: a p99 of nine samples may be any higher value.
    low = histogram.quantile(share - spread) if share > spread else None
    high = histogram.quantile(share + spread) if share + spread < 1 else None
    return Estimate(value=value, least=0.0 if low is None else low, most=math.inf if high is None else high)


def _spread(share: float, samples: float) -> float:
    return Z * math.sqrt(share * (1 - share) / max(1.0, samples))


def _share_of(report: Mapping[str, Any], name: str) -> Measured | None:
    """The share of a count in its evidence; None if there is no evidence."""
    row, counts = COUNTS[name], report["counts"]
    times, among = (counts.get(each, {"value": 0})["value"] for each in (name, row.evidence))
    whole = among + (times if row.is_apart else 0)
    judged = _judged_seconds(report)
    if not whole:
        return None

    def measured(seconds: float | None) -> Estimate:
        factor = 1.0 if seconds is None or not judged else seconds / judged
        return wilson(min(times, whole) * factor, whole * factor)

    return measured


def wilson(times: float, whole: float) -> Estimate:
    """Return a share and Wilson's interval of it."""
    share = times / whole
    middle = (share + Z * Z / (2 * whole)) / (1 + Z * Z / whole)
    half = Z / (1 + Z * Z / whole) * math.sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
    return Estimate(value=share, least=max(0.0, middle - half), most=min(1.0, middle + half))
