"""The plots of the page, drawn from `load.json`. Pure."""

import math

from sigmic_load.measures.histogram import Histogram
from sigmic_load.report.build import Report
from sigmic_load.report.plots import Axis, Series, heat_map, line_plot, number

LATENESS = "heartbeat_lateness_corrected"
FLOOR = 0.1
"""Milliseconds: the lower end of the logarithmic scale. Smaller values are drawn there."""
CURVE = (0.0, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1.0)
STEPS_A_DECADE = 4
STILL = 0.25
"""Seconds within a second in which the load generator could not measure; from here on it is shaded."""
COLUMNS = 90
"""The largest number of columns of the heat map. In a longer run a column covers several seconds."""


def charts(report: Report) -> list[tuple[str, str]]:
    """Return every plot with its name: SVG, or a text; empty if nothing was measured."""
    limit = _limit(report)
    return [
        ("Streams over time", _streams(report)),
        ("Streams asked for and ended", _churn(report)),
        ("Lateness over time", _lateness_over_time(report)),
        ("How late the latest share of heartbeats was", _lateness_curve(report, limit)),
        ("Lateness against streams", _knee(report, limit)),
        ("What reconnecting cost", _continuity(report)),
        ("CPU of the target", _target(report, "cpu", "CPU", "% of a core", 100.0)),
        ("Memory of the target", _target(report, "memory", "resident memory", "MB", 1e-6)),
        ("How late the load generator itself was", _own_lag(report)),
    ]


def _limit(report: Report) -> float | None:
    """The objective for the p99 of lateness, in milliseconds."""
    for row in report["objectives"]:
        if (row["measure"], row["statistic"]) == (LATENESS, "p99") and row["at_most"] is not None:
            return float(row["at_most"]) * 1000
    return None


def _histogram(report: Report, name: str) -> Histogram:
    row = report["distributions"].get(name)
    return Histogram() if row is None else Histogram.from_wire(row["histogram"])


def _ms(seconds: float | None) -> float:
    return max(FLOOR, (seconds or 0.0) * 1000)


def _shade(report: Report) -> list[tuple[float, float]]:
    """The spans of the run that are not judged, in seconds since its start, and our own stalls."""
    spans, before = [], 0.0
    for start, end in report["judged"]:
        spans.append((before, start))
        before = end
    still = [(row["at"], row["at"] + 1.0) for row in report["timeline"] if row["unmeasured"] >= STILL]
    return [*spans, (before, math.inf), *(span for span in still if span[0] < before)]


def _lateness_curve(report: Report, limit: float | None) -> str:
    lines = []
    for name, label, style in (
        (LATENESS, "corrected for our own lag", "a"),
        ("heartbeat_lateness", "as seen", "b"),
    ):
        histogram = _histogram(report, name)
        # If less than one heartbeat is later than a share, the share cannot be measured.
        shares = [share for share in CURVE if share < 1 and (1 - share) * histogram.count >= 1]
        points = [(1 / (1 - share), _ms(histogram.quantile(share))) for share in shares]
        if points:
            points.append((float(histogram.count), _ms(histogram.most)))
            lines.append(Series(name=label, points=points, style=style))
    if lines and limit is not None:
        # A limit on a quantile applies to that quantile only.
        lines.append(Series(name="objective: p99 below", points=[(100.0, limit)], style="c", joined=False))
    return line_plot(
        lines,
        Axis(label="one heartbeat in … is later (100 is p99)", logarithmic=True),
        Axis(label="lateness", unit="ms", logarithmic=True),
    )


def _streams(report: Report) -> str:
    wanted = report["streams"]["wanted"]
    return line_plot(
        [Series(name="streams", points=_seconds(report, "streams"), steps=True)],
        Axis(label="since the start", unit="s"),
        Axis(label="open streams"),
        limit=float(wanted) if wanted else None,
        limit_name="to be held",
        shade=_shade(report),
    )


def _churn(report: Report) -> str:
    return line_plot(
        [
            Series(name=name, points=_seconds(report, key), steps=True, style=style)
            for key, name, style in (("requested", "asked for", "a"), ("ended", "ended, not by us", "b"))
        ],
        Axis(label="since the start", unit="s"),
        Axis(label="streams a second"),
        shade=_shade(report),
    )


def _seconds(report: Report, key: str) -> list[tuple[float, float]]:
    return [(row["at"], float(row[key])) for row in report["timeline"]]


def _lateness_over_time(report: Report) -> str:
    """A cell for each time and lateness, darker for more heartbeats."""
    rows = report["timeline"]
    width = max(1, math.ceil(len(rows) / COLUMNS))
    cells: dict[tuple[int, int], int] = {}
    for row in rows:
        before = 0
        for value, reached in Histogram.from_wire(row["lateness"]).cumulated():
            step = math.floor(math.log10(_ms(value) / FLOOR) * STEPS_A_DECADE + 1e-9)
            cell = (int(row["at"]) // width, step)
            cells[cell] = cells.get(cell, 0) + reached - before
            before = reached
    return heat_map(
        [
            (
                (column * width, (column + 1) * width),
                (FLOOR * 10 ** (step / STEPS_A_DECADE), FLOOR * 10 ** ((step + 1) / STEPS_A_DECADE)),
                count,
            )
            for (column, step), count in sorted(cells.items())
        ],
        Axis(label="since the start", unit="s"),
        Axis(label="lateness (0.1 and less at the bottom)", unit="ms", logarithmic=True),
        until=rows[-1]["at"] + 1.0 if rows else 1.0,
        shade=_shade(report),
    )


def _knee(report: Report, limit: float | None) -> str:
    rows = report["knee"]
    return line_plot(
        [
            Series(
                name="p99", points=[(row["streams"], _ms(row["p99"])) for row in rows], style="b", dots=True
            ),
            Series(name="p50", points=[(row["streams"], _ms(row["p50"])) for row in rows], dots=True),
        ],
        Axis(label="open streams"),
        Axis(label="lateness", unit="ms", logarithmic=True),
        limit=limit,
        limit_name="objective",
    )


def _continuity(report: Report) -> str:
    """Sums of the violations over time; a text if there were none, empty if no connection was compared."""
    checked = report["counts"].get("connections_checked")
    if checked is None:
        return ""
    if not any(row[key] for row in report["timeline"] for key in ("lost", "doubled", "out_of_order")):
        return f"<p>No event: all were right on the {number(checked['value'])} connections compared.</p>"
    lines = []
    for key, name, style in (
        ("lost", "lost", "b"),
        ("doubled", "doubled", "a"),
        ("out_of_order", "out of order", "c"),
    ):
        reached, points = 0, []
        for row in report["timeline"]:
            reached += row[key]
            points.append((row["at"], float(reached)))
        lines.append(Series(name=name, points=points, style=style, steps=True))
    return line_plot(lines, Axis(label="since the start", unit="s"), Axis(label="events wrong so far"))


def _target(report: Report, key: str, label: str, unit: str, factor: float) -> str:
    points = [(row["at"], row[key] * factor) for row in report["target_process"] if row[key] is not None]
    if not points:
        return ""
    return line_plot(
        [Series(name=label, points=points)],
        Axis(label="since the start", unit="s"),
        Axis(label=label, unit=unit),
    )


def _own_lag(report: Report) -> str:
    points = [(row["at"], row["own_lag"] * 1000) for row in report["timeline"]]
    return line_plot(
        [Series(name="lag", points=points)],
        Axis(label="since the start", unit="s"),
        Axis(label="most of the second", unit="ms"),
        shade=_shade(report),
    )
