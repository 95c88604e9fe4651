"""The headline and the tables of the page, drawn from what `load.json` holds. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from sigmic_conformance.load.report.build import Report
from sigmic_conformance.load.report.plots import number
from sigmic_conformance.spec.plural import plural

URGENCY = ("broken", "unproven", "held", "not asked")
"""Verdicts, the one that needs somebody first."""


def facts(report: Report) -> str:
    """Return what was run, on what, and when it was judged."""
    users = ", ".join(f"{name} ({weight})" for name, weight in report["users"].items())
    told = (
        ("target", report["target"]),
        ("shape", report["shape"]),
        ("began", report["began"]),
        ("lasted", f"{report['seconds']:g} s"),
        ("judged", _spans(report["judged"])),
        ("load generator", "{system}, {processors} processors".format(**report["machine"])),
        ("versions", ", ".join(f"{name} {which}" for name, which in report["versions"].items())),
        ("heartbeats every", f"{report['heartbeat_period']:g} s"),
        ("quantiles are wrong by at most", f"{report['quantiles_wrong_by_at_most']:.2%}"),
        ("users (weight)", users),
        ("users at one time", f"{report['most_users']:,} at most"),
    )
    drawn = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in told)
    command = f'<div class="wide"><dt>command</dt><dd><code>{escape(report["command"])}</code></dd></div>'
    return f'<dl class="facts">{drawn}{command}</dl>'


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
            ("asked", "asked", f"{row['statistic']} {word} {number(bound)} {unit}{whose}"),
            ("n", "samples", f"{row['samples']:,}"),
            ("why", "why", row["why"]),
        )
        drawn.append(_row(row["id"], cells, row["verdict"].replace(" ", "-")))
    head = (
        ("", "objective"),
        ("", "verdict"),
        ("n", "measured"),
        ("", "asked"),
        ("n", "samples"),
        ("", "why"),
    )
    return _whole(head, drawn)


def distributions(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the numbers of each distribution."""
    columns = ("count", "p50", "p90", "p99", "p99.9", "most")
    return _table(
        ("measure", *columns, "what"),
        [
            (name, *(number(row[column]) for column in columns), f"{row['says']} ({row['unit']})")
            for name, row in rows.items()
        ],
    )


def counts(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the counts."""
    return _table(
        ("measure", "count", "what"),
        [(name, number(row["value"]), row["says"]) for name, row in rows.items()],
    )


def workers(rows: Mapping[str, Mapping[str, int]], lost: Sequence[Mapping[str, Any]]) -> str:
    """Return what each worker counted, and which were lost."""
    if not rows and not lost:
        return ""
    gone = [
        f"{it['worker']}: lost after {it['at']:g} s, with {plural(it['streams'], 'open stream')}"
        for it in lost
    ]
    names = sorted({name for mine in rows.values() for name in mine})
    told = "".join(f'<p class="lost">{escape(line)}</p>' for line in gone)
    return f"<h2>Workers</h2>{told}" + _table(
        ("measure", *rows),
        [(name, *(number(mine.get(name, 0)) for mine in rows.values())) for name in names],
    )


def errors(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what failed and why, the most frequent first."""
    if not rows:
        return ""
    return "<h2>What failed, and why</h2>" + _table(
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
        f"{distributions(numbers['distributions'])}{counts(numbers['counts'])}"
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
    """A table of plain texts; the first of a row names it, and a column of numbers stands at the right."""
    rows = list(rows)
    kinds = [
        "n" if rows and all(_is_number(row[place]) for row in rows) else name
        for place, name in enumerate(head)
    ]
    drawn = [_row(row[0], tuple(zip(kinds[1:], head[1:], row[1:], strict=True))) for row in rows]
    return _whole(tuple(zip(("", *kinds[1:]), head, strict=True)), drawn)


def _whole(head: Sequence[tuple[str, str]], rows: Iterable[str]) -> str:
    top = "".join(f'<th scope="col"{_class(kind)}>{escape(name)}</th>' for kind, name in head)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(name: str, cells: Iterable[tuple[str, str, str]], kind: str = "") -> str:
    """A row; each cell is its class, its label (told on narrow screens) and its text."""
    drawn = "".join(
        f'<td{_class(kind)} data-label="{escape(label)}">{escape(text)}</td>' for kind, label, text in cells
    )
    return f'<tr{_class(kind)}><th scope="row">{escape(name)}</th>{drawn}</tr>'


def _class(kind: str) -> str:
    return f' class="{escape(kind)}"' if kind else ""


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("e-", "").isdigit()
