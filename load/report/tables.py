"""The headline and the tables of the page, drawn from what `load.json` holds. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from sigmic_conformance.load.report.build import Report
from sigmic_conformance.load.report.plots import number

URGENCY = ("broken", "unproven", "held", "not asked")
"""Verdicts, the one that needs somebody first."""


def facts(report: Report) -> str:
    """Return what was run, on what, and when it was judged."""
    users = ", ".join(f"{name} ({weight})" for name, weight in report["users"].items())
    return "<h2>The run</h2>" + _table(
        (),
        [
            ("target", report["target"]),
            ("shape", report["shape"]),
            ("began", report["began"]),
            ("lasted", f"{report['seconds']:g} s"),
            ("judged", _spans(report["judged"])),
            ("users (weight)", users),
            ("command", report["command"]),
            ("versions", ", ".join(f"{name} {which}" for name, which in report["versions"].items())),
            (
                "load generator",
                "{system}, {processors} processors".format(**report["machine"]),
            ),
            ("heartbeats every", f"{report['heartbeat_period']:g} s"),
            ("quantiles are wrong by at most", f"{report['quantiles_wrong_by_at_most']:.2%}"),
        ],
    )


def _spans(spans: Sequence[Sequence[float]]) -> str:
    return ", ".join(f"{start:.0f} s to {end:.0f} s" for start, end in spans) or "never"


def objectives(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the verdicts, those that need somebody first."""
    drawn = []
    for row in sorted(rows, key=lambda row: URGENCY.index(row["verdict"])):
        word = "at least" if row["at_most"] is None else "at most"
        bound = row["at_least"] if row["at_most"] is None else row["at_most"]
        unit = row["unit"] or ""
        whose = f" of {row['user']}" if row["user"] else ""
        value = "-" if row["value"] is None else f"{number(row['value'])} {unit}"
        cells = (
            ("verdict", "verdict", row["verdict"]),
            ("n", "measured", value),
            ("", "asked", f"{row['statistic']} {word} {number(bound)} {unit}{whose}"),
            ("n", "samples", f"{row['samples']:,}"),
            ("why", "why", row["why"]),
        )
        drawn.append(
            f'<tr class="{escape(row["verdict"].replace(" ", "-"))}"><td>{escape(row["id"])}</td>'
            + "".join(
                f'<td class="{kind}" data-label="{label}">{escape(text)}</td>' for kind, label, text in cells
            )
            + "</tr>"
        )
    return (
        "<table class='objectives'><thead><tr><th>objective</th><th>verdict</th><th class='n'>measured</th>"
        "<th>asked</th><th class='n'>samples</th><th>why</th></tr></thead>"
        f"<tbody>{''.join(drawn)}</tbody></table>"
    )


def distributions(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the numbers of each distribution."""
    columns = ("count", "p50", "p90", "p99", "p99.9", "most")
    return _table(
        ("", "unit", *columns, "what"),
        [
            (name, row["unit"], *(number(row[column]) for column in columns), row["says"])
            for name, row in rows.items()
        ],
    )


def counts(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the counts."""
    return _table(
        ("", "count", "what"), [(name, number(row["value"]), row["says"]) for name, row in rows.items()]
    )


def workers(rows: Mapping[str, Mapping[str, int]], lost: Sequence[Mapping[str, Any]]) -> str:
    """Return what each worker counted, and which were lost."""
    if not rows and not lost:
        return ""
    gone = [f"{it['worker']}: lost after {it['at']:g} s, with {it['streams']} open streams" for it in lost]
    names = sorted({name for mine in rows.values() for name in mine})
    told = "".join(f'<p class="lost">{escape(line)}</p>' for line in gone)
    return f"<h2>Workers</h2>{told}" + _table(
        ("", *(worker for worker in rows)),
        [(name, *(number(mine.get(name, 0)) for mine in rows.values())) for name in names],
    )


def errors(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what failed and why, the most frequent first."""
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


def evidence(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what is needed to follow up each violation."""
    if not rows:
        return ""
    drawn = "".join(
        f"<details><summary><b>{escape(row['kind'])}</b> {escape(row['says'])}</summary>"
        f"<p>at {row['at']:g} s · task {escape(row['task'])} · our end {escape(row['stream'])}</p>"
        f"<pre>{escape(row['bytes'])}</pre></details>"
        for row in rows
    )
    return f"<h2>Evidence</h2>{drawn}"


def outside(numbers: Mapping[str, Any]) -> str:
    """Return what was measured and not judged."""
    if not numbers["distributions"] and not numbers["counts"]:
        return ""
    return (
        "<h2>Not judged: while users came or left</h2>"
        f'<div class="scroll">{distributions(numbers["distributions"])}</div>'
        f'<div class="scroll">{counts(numbers["counts"])}</div>'
    )


def headline(report: Report) -> str:
    """Return the verdict, what it rests on, and the exit code that a pipeline saw."""
    code = "left to Locust" if report["exit_code"] is None else str(report["exit_code"])
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in report["reasons"])
    return (
        f'<div class="headline {escape(report["verdict"])}"><strong>{escape(report["verdict"])}</strong>'
        f" · exit code {code}{f'<ul>{reasons}</ul>' if reasons else ''}</div>"
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
