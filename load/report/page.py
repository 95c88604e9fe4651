"""`load.html`: the report as one page with its plots inside, drawn from what `load.json` holds. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from sigmic_conformance.load.measures.histogram import Histogram
from sigmic_conformance.load.report.build import Report
from sigmic_conformance.load.report.plots import Axis, Series, bar_plot, line_plot, number

TEMPLATE = Path(__file__).parent / "page.html"
LATENESS = "heartbeat_lateness_corrected"
FLOOR = 0.1
"""Milliseconds: what is less late than that is drawn there, the scale being logarithmic."""
CURVE = (0.0, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1.0)
BARS_A_DECADE = 4


def render_page(report: Report) -> str:
    """Return the page."""
    limit = _limit(report)
    plots = [
        ("How late heartbeats were", _lateness_bars(report)),
        ("How late the latest share of them was", _lateness_curve(report, limit)),
        ("Streams over time", _streams(report)),
        ("Lateness over time", _lateness_over_time(report)),
        ("Lateness against streams", _knee(report, limit)),
        ("What reconnecting cost", _continuity(report)),
        ("CPU of the target", _target(report, "cpu", "CPU", "% of a core", 100.0)),
        ("Memory of the target", _target(report, "memory", "resident memory", "MB", 1e-6)),
        ("How late the load generator itself was", _own_lag(report)),
    ]
    drawn = [(name, plot) for name, plot in plots if plot]
    missing = [name for name, plot in plots if not plot]
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(f"Load test of {report['target']}"),
        headline=_headline(report),
        answer=f'<p class="answer">{escape(report["answer"])}</p>' if report["answer"] else "",
        facts=_facts(report),
        objectives=_objectives(report["objectives"]),
        plots="".join(
            f"<figure><figcaption>{escape(name)}</figcaption>{plot}</figure>" for name, plot in drawn
        ),
        missing=f'<p class="nothing">Not measured: {escape("; ".join(missing))}.</p>' if missing else "",
        distributions=_distributions(report["distributions"]),
        counts=_counts(report["counts"]),
        errors=_errors(report["errors"]),
        outside=_outside(report["outside"]),
        workers=_workers(report["workers"], report["workers_lost"]),
    )


def _headline(report: Report) -> str:
    """The verdict, what it rests on, and the exit code that a pipeline saw."""
    code = "left to Locust" if report["exit_code"] is None else str(report["exit_code"])
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in report["reasons"])
    return (
        f'<div class="headline {escape(report["verdict"])}"><strong>{escape(report["verdict"])}</strong>'
        f" · exit code {code}{f'<ul>{reasons}</ul>' if reasons else ''}</div>"
    )


def _shade(report: Report) -> list[tuple[float, float]]:
    """The spans of the run that are not judged, in seconds since its start."""
    spans, before = [], 0.0
    for start, end in report["judged"]:
        spans.append((before, start))
        before = end
    return [*spans, (before, math.inf)]


def _errors(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    return (
        '<h2>What failed, and why</h2><div class="scroll">'
        + _table(
            ("operation", "times", "reason", "first", "last"),
            [
                (
                    row["operation"],
                    number(row["count"]),
                    row["reason"],
                    f"{row['first']:g} s",
                    f"{row['last']:g} s",
                )
                for row in rows
            ],
        )
        + "</div>"
    )


def _outside(outside: Mapping[str, Any]) -> str:
    if not outside["distributions"] and not outside["counts"]:
        return ""
    times, counts = _distributions(outside["distributions"]), _counts(outside["counts"])
    return (
        f"<h2>Not judged: while users came or left</h2>"
        f'<div class="scroll">{times}</div><div class="scroll">{counts}</div>'
    )


def _limit(report: Report) -> float | None:
    """The objective of the lateness, in milliseconds."""
    for row in report["objectives"]:
        if row["measure"] == LATENESS and row["at_most"] is not None:
            return float(row["at_most"]) * 1000
    return None


def _histogram(report: Report, name: str) -> Histogram:
    row = report["distributions"].get(name)
    return Histogram() if row is None else Histogram.from_wire(row["histogram"])


def _ms(seconds: float | None) -> float:
    return max(FLOOR, (seconds or 0.0) * 1000)


def _lateness_bars(report: Report) -> str:
    histogram = _histogram(report, LATENESS)
    if not histogram.count:
        return ""
    edges = [FLOOR * 10 ** (step / BARS_A_DECADE) for step in range(BARS_A_DECADE * 7 + 1)]
    heights = [0] * (len(edges) - 1)
    before = 0
    for value, reached in histogram.cumulated():
        at = next((index for index, edge in enumerate(edges[1:]) if _ms(value) <= edge), len(heights) - 1)
        heights[at] += reached - before
        before = reached
    last = max(index for index, height in enumerate(heights) if height)
    bars = [(edges[index], edges[index + 1], height) for index, height in enumerate(heights[: last + 1])]
    return bar_plot(
        bars,
        Axis(label="lateness (0.1 and less on the left)", unit="ms", logarithmic=True),
        Axis(label="heartbeats"),
    )


def _lateness_curve(report: Report, limit: float | None) -> str:
    lines = []
    for name, label, style in (
        (LATENESS, "corrected for our own lag", "a"),
        ("heartbeat_lateness", "as seen", "b"),
    ):
        histogram = _histogram(report, name)
        # Beyond one heartbeat in `count` there is nothing to tell.
        shares = [share for share in CURVE if share < 1 and (1 - share) * histogram.count >= 1]
        points = [(1 / (1 - share), _ms(histogram.quantile(share))) for share in shares]
        if points:
            points.append((float(histogram.count), _ms(histogram.most)))
            lines.append(Series(name=label, points=points, style=style))
    return line_plot(
        lines,
        Axis(label="one heartbeat in … is later (100 is p99)", logarithmic=True),
        Axis(label="lateness", unit="ms", logarithmic=True),
        limit=limit,
        limit_name="objective",
    )


def _streams(report: Report) -> str:
    points = [(row["at"], row["streams"]) for row in report["timeline"]]
    return line_plot(
        [Series(name="streams", points=points, steps=True)],
        Axis(label="since the start", unit="s"),
        Axis(label="open streams"),
        shade=_shade(report),
    )


def _lateness_over_time(report: Report) -> str:
    rows = [row for row in report["timeline"] if row["heartbeats"]]
    lines = [
        Series(name=name, points=[(row["at"], _ms(row[key])) for row in rows], style=style, joined=False)
        for key, name, style in (("most", "latest of the second", "b"), ("p50", "p50 of the second", "a"))
    ]
    return line_plot(
        lines,
        Axis(label="since the start", unit="s"),
        Axis(label="lateness", unit="ms", logarithmic=True),
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
    """Sums of what was wrong, over time; nothing when no connection was compared."""
    if "connections_checked" not in report["counts"]:
        return ""
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


def _facts(report: Report) -> str:
    users = ", ".join(f"{name} ({weight})" for name, weight in report["users"].items())
    return _table(
        (),
        [
            ("target", report["target"]),
            ("shape", report["shape"]),
            ("began", report["began"]),
            ("lasted", f"{report['seconds']:g} s"),
            ("users (weight)", users),
            ("heartbeats every", f"{report['heartbeat_period']:g} s"),
            ("quantiles are wrong by at most", f"{report['quantiles_wrong_by_at_most']:.2%}"),
        ],
    )


def _objectives(rows: Iterable[Mapping[str, Any]]) -> str:
    drawn = []
    for row in rows:
        word = "at least" if row["at_most"] is None else "at most"
        bound = row["at_least"] if row["at_most"] is None else row["at_most"]
        unit = row["unit"] or ""
        value = "-" if row["value"] is None else f"{number(row['value'])} {unit}"
        drawn.append(
            f'<tr class="{escape(row["verdict"].replace(" ", "-"))}"><td>{escape(row["id"])}</td>'
            f'<td class="verdict">{escape(row["verdict"])}</td><td class="n">{escape(value)}</td>'
            f"<td>{escape(row['statistic'])} {word} {number(bound)} {escape(unit)}</td>"
            f'<td class="n">{row["samples"]:,}</td><td>{escape(row["why"])}</td></tr>'
        )
    return (
        "<table><thead><tr><th>objective</th><th>verdict</th><th class='n'>measured</th><th>asked</th>"
        f"<th class='n'>samples</th><th>why</th></tr></thead><tbody>{''.join(drawn)}</tbody></table>"
    )


def _distributions(rows: Mapping[str, Mapping[str, Any]]) -> str:
    columns = ("count", "p50", "p90", "p99", "p99.9", "most")
    return _table(
        ("", "unit", *columns, "what"),
        [
            (name, row["unit"], *(number(row[column]) for column in columns), row["says"])
            for name, row in rows.items()
        ],
    )


def _counts(rows: Mapping[str, Mapping[str, Any]]) -> str:
    return _table(
        ("", "count", "what"), [(name, number(row["value"]), row["says"]) for name, row in rows.items()]
    )


def _workers(rows: Mapping[str, Mapping[str, int]], lost: Sequence[Mapping[str, Any]]) -> str:
    if not rows and not lost:
        return ""
    gone = [f"{it['worker']}: lost after {it['at']:g} s, with {it['streams']} open streams" for it in lost]
    names = sorted({name for counts in rows.values() for name in counts})
    told = "".join(f'<p class="lost">{escape(line)}</p>' for line in gone)
    return f"<h2>Workers</h2>{told}" + _table(
        ("", *(worker for worker in rows)),
        [(name, *(number(counts.get(name, 0)) for counts in rows.values())) for name in names],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rows = list(rows)
    numeric = [_numeric(cell) for cell in rows[0]] if rows else ["" for _ in head]
    top = "".join(f"<th{kind}>{escape(cell)}</th>" for cell, kind in zip(head, numeric, strict=False))
    body = "".join(
        f"<tr>{''.join(f'<td{_numeric(cell)}>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table>{f'<thead><tr>{top}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"


def _numeric(cell: object) -> str:
    return ' class="n"' if str(cell).replace(",", "").replace(".", "").isdigit() else ""
