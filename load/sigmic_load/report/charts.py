"""The plots of the page, as data that `plots.js` gives to uPlot. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

from sigmic_load.measures.histogram import Histogram
from sigmic_load.report.build import Report

LATENESS = "heartbeat_lateness_corrected"
FLOOR = 0.1
"""Milliseconds: the lower end of a logarithmic scale. Smaller values are drawn there."""
CURVE = (0.0, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9995, 0.9999)
STILL = 0.25
"""Seconds within a second in which the load generator could not measure; from here on it is shaded."""

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Lines by their names, over `across`. A limit is drawn across; `is_log` is about the vertical axis."""

    title: str
    across: Values
    lines: Mapping[str, Values]
    label: str
    x_label: str = "seconds since the start"
    is_log: bool = False
    is_log_across: bool = False
    is_stepped: bool = False
    limit: float | None = None


def plots(report: Report) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the plots with something measured, and the titles of the others."""
    made = list(_plots(report))
    full = [
        asdict(it) | {"lines": list(it.lines.items())}  # a list keeps their order
        for it in made
        if any(each is not None for line in it.lines.values() for each in line)
    ]
    titles = {it["title"] for it in full}
    return full, [it.title for it in made if it.title not in titles]


def shade(report: Report) -> list[tuple[float, float]]:
    """Return the spans of the run that are not judged, in seconds since its start, and our own stalls."""
    rows = report["timeline"]
    end = rows[-1]["at"] + 1.0 if rows else 0.0
    spans, before = [], 0.0
    for start, stop in report["judged"]:
        spans.append((before, start))
        before = stop
    still = [(row["at"], row["at"] + 1.0) for row in rows if row["unmeasured"] >= STILL]
    return [*spans, (before, end), *(span for span in still if span[0] < before)]


def _plots(report: Report) -> Iterator[Plot]:
    rows = report["timeline"]
    at = [row["at"] for row in rows]

    def column(key: str, factor: float = 1.0) -> Values:
        return [None if row[key] is None else row[key] * factor for row in rows]

    def late(key: str) -> Values:
        return [None if row[key] is None else _ms(row[key]) for row in rows]

    limit, wanted = _limit(report), report["streams"]["wanted"]
    streams = {"open streams": column("streams")}
    yield Plot(
        title="Streams over time",
        across=at,
        lines=streams,
        label="streams",
        is_stepped=True,
        limit=wanted or None,
    )
    churn = {"asked for": column("requested"), "ended, not by us": column("ended")}
    yield Plot(
        title="Streams asked for and ended", across=at, lines=churn, label="streams a second", is_stepped=True
    )
    lateness = {"p50": late("p50"), "p99": late("p99"), "most": late("most")}
    yield Plot(
        title="Lateness over time", across=at, lines=lateness, label="lateness, ms", is_log=True, limit=limit
    )
    shares, curve = _curve(report)
    yield Plot(
        title="How late the latest share of heartbeats was",
        across=shares,
        lines=curve,
        label="lateness, ms",
        x_label="one heartbeat in … is later (100 is p99)",
        is_log=True,
        is_log_across=True,
    )
    knee = report["knee"]
    yield Plot(
        title="Lateness against streams",
        across=[row["streams"] for row in knee],
        lines={name: [_ms(row[name]) for row in knee] for name in ("p50", "p99")},
        label="lateness, ms",
        x_label="open streams",
        is_log=True,
        limit=limit,
    )
    wrong = {key.replace("_", " "): column(key) for key in ("lost", "doubled", "out_of_order")}
    if "connections_checked" in report["counts"]:
        wrong = {name: list(accumulate(each or 0 for each in line)) for name, line in wrong.items()}
    else:
        wrong = dict.fromkeys(wrong, ())
    yield Plot(
        title="What reconnecting cost", across=at, lines=wrong, label="events wrong so far", is_stepped=True
    )
    lag = {"most of the second": column("own_lag", 1000)}
    yield Plot(title="How late the load generator itself was", across=at, lines=lag, label="lag, ms")


def _limit(report: Report) -> float | None:
    """The objective for the p99 of lateness, in milliseconds."""
    for row in report["objectives"]:
        if (row["measure"], row["statistic"]) == (LATENESS, "p99") and row["at_most"] is not None:
            return float(row["at_most"]) * 1000
    return None


def _ms(seconds: float) -> float:
    return max(FLOOR, seconds * 1000)


def _curve(report: Report) -> tuple[Values, dict[str, Values]]:
    """How late the latest heartbeats were; a share that less than one heartbeat exceeds can't be measured."""
    found = {
        label: Histogram.from_wire(report["distributions"][name]["histogram"])
        for name, label in ((LATENESS, "corrected for our own lag"), ("heartbeat_lateness", "as seen"))
        if name in report["distributions"]
    }
    most = max((it.count for it in found.values()), default=0)
    shares = [share for share in CURVE if (1 - share) * most >= 1]
    return [1 / (1 - share) for share in shares], {
        label: [_ms(it.quantile(share) or 0.0) for share in shares] for label, it in found.items()
    }
