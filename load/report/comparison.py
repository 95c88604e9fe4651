"""Two reports side by side: what became better, what worse, and what the samples cannot tell. Pure.

A quantile lies, with 95 % confidence, between the values whose ranks are 1.96 standard errors of a binomial
from its own; a share between the ends of Wilson's interval. Two runs differ where these do not meet and the
change is beyond the tolerance. What is measured in one second shares its fate, so a distribution counts as at
most one sample for each judged second: a p99 takes runs of some minutes.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sigmic_conformance.load.measures.catalogue import COUNTS, DISTRIBUTIONS
from sigmic_conformance.load.measures.histogram import RELATIVE_ERROR, Histogram

Z = 1.96
QUANTILES = (("p50", 0.5), ("p99", 0.99))
MORE_IS_BETTER = frozenset({"upload_rate", "stream_seconds_held"})
OURS = frozenset({"client_lag"})
"""Of the load generator itself: a slower one is no worse target."""


class Change(StrEnum):
    """How a row of the second run stands to the first."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "same"
    UNSURE = "unsure"
    GONE = "gone"
    """Measured in the first run, not in the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number, and between what it lies with 95 % confidence."""

    value: float
    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedMeasure:
    """One number of both runs."""

    measure: str
    statistic: str
    unit: str
    first: Estimate
    second: Estimate | None
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What is no change: a share of the first value, or less than so many seconds; `share` is for shares."""

    relative: float = 0.1
    seconds: float = 0.01
    share: float = 0.001


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return what of the two runs was not asked alike, in words: their numbers then say less."""
    return [
        f"{name}: {first[name]} and {second[name]}"
        for name in ("shape", "heartbeat_period", "users", "machine")
        if first[name] != second[name]
    ]


def compare(
    first: Mapping[str, Any], second: Mapping[str, Any], tolerance: Tolerance
) -> Iterator[ComparedMeasure]:
    """Yield a row for each number of the first report that both could show."""
    for name, told in first["distributions"].items():
        if name in OURS or name not in DISTRIBUTIONS:
            continue
        other = second["distributions"].get(name)
        for statistic, share in QUANTILES:
            yield _row(
                name,
                statistic,
                DISTRIBUTIONS[name].unit,
                quantile(Histogram.from_wire(told["histogram"]), share, _judged_seconds(first)),
                None
                if other is None
                else quantile(Histogram.from_wire(other["histogram"]), share, _judged_seconds(second)),
                tolerance.relative + 2 * RELATIVE_ERROR,
                tolerance.seconds if DISTRIBUTIONS[name].unit == "s" else 0.0,
            )
    for name, measure in COUNTS.items():
        if not measure.evidence:
            continue
        before, after = (_share(report["counts"], name) for report in (first, second))
        if before is not None:
            yield _row(
                name, f"share of {measure.evidence}", "", before, after, tolerance.relative, tolerance.share
            )


def _row(
    measure: str,
    statistic: str,
    unit: str,
    first: Estimate,
    second: Estimate | None,
    relative: float,
    absolute: float,
) -> ComparedMeasure:
    change = _change(first, second, max(relative * first.value, absolute), measure in MORE_IS_BETTER)
    return ComparedMeasure(
        measure=measure, statistic=statistic, unit=unit, first=first, second=second, change=change
    )


def _change(first: Estimate, second: Estimate | None, tolerated: float, more_is_better: bool) -> Change:  # noqa: FBT001 - pure, used once
    if second is None:
        return Change.GONE
    grown = second.value - first.value
    if abs(grown) <= tolerated:
        return Change.SAME
    apart = second.least > first.most if grown > 0 else second.most < first.least
    if not apart:
        return Change.UNSURE
    return Change.BETTER if (grown > 0) == more_is_better else Change.WORSE


def _judged_seconds(report: Mapping[str, Any]) -> float:
    return float(sum(end - start for start, end in report["judged"]))


def quantile(histogram: Histogram, share: float, seconds: float) -> Estimate:
    """Return a quantile and its interval, for values that were measured in so many seconds."""
    value = histogram.quantile(share)
    if value is None:
        raise ValueError("a distribution of a report has values")
    spread = Z * math.sqrt(share * (1 - share) / max(1.0, min(histogram.count, seconds)))
    # Beyond the last sample nothing bounds it: a p99 of nine samples may be anything above.
    low = histogram.quantile(share - spread) if share > spread else None
    high = histogram.quantile(share + spread) if share + spread < 1 else None
    return Estimate(value=value, least=0.0 if low is None else low, most=math.inf if high is None else high)


def _share(counts: Mapping[str, Any], name: str) -> Estimate | None:
    """The share of a count in its evidence; None when the evidence never grew."""
    row = COUNTS[name]
    times, among = (counts.get(each, {"value": 0})["value"] for each in (name, row.evidence))
    whole = among + (times if row.is_apart else 0)
    return wilson(min(times, whole), whole) if whole else None


def wilson(times: int, whole: int) -> Estimate:
    """Return a share and Wilson's interval of it."""
    share = times / whole
    middle = (share + Z * Z / (2 * whole)) / (1 + Z * Z / whole)
    half = Z / (1 + Z * Z / whole) * math.sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
    return Estimate(value=share, least=max(0.0, middle - half), most=min(1.0, middle + half))
