"""Findings for a reader, worst first, each with what was expected and what was seen. Pure."""

from collections.abc import Iterator

from sigmic_conformance.conformance.reports.markup import Child, Html, element, prose
from sigmic_conformance.conformance.reports.material import Material, Row
from sigmic_conformance.conformance.reports.requirements import badge, reason_of
from sigmic_conformance.conformance.reports.visible import one_line
from sigmic_conformance.conformance.reports.words import ORDER, cause, plural
from sigmic_conformance.conformance.results.findings import TOGETHER, Finding, gathered

LINE = 240
LABEL = 60


def findings(material: Material) -> Html:
    """A line for each broken row, one for all rows that the same thing keeps open, then what is excused."""
    rows = {row.id: row for row in material.troubles}
    known = {row.id for row in material.troubles if row.excused}
    verdicts = {row.id: row.verdict for row in material.troubles if row.id not in known}
    lines = [_line(each, rows) for each in gathered(verdicts, ORDER)]
    lines += [_one(row) for row in material.troubles if row.id in known]
    if not lines:
        return element("section", element("h2", "Findings"), element("p", "None: every judged row holds."))
    said = plural(len(lines), "finding")
    return element(
        "section",
        element("h2", said if len(lines) == len(rows) else f"{said} about {plural(len(rows), 'row')}"),
        element("ul", lines, class_="findings"),
    )


def _line(finding: Finding, rows: dict[str, Row]) -> Html:
    return _several(finding) if finding.id is None else _one(rows[finding.id])


def _one(row: Row) -> Html:
    return element(
        "li",
        badge(row.outcome),
        element("p", _link(row.id), " ", prose(row.statement)),
        element("dl", list(_facts(row))),
        class_=row.outcome.value,
    )


def _facts(row: Row) -> Iterator[Html]:
    verdict = row.verdict
    if verdict.expected:
        yield _fact("expected", one_line(verdict.expected, LINE))
    reason, seen = reason_of(row.outcome, verdict.reason), one_line(verdict.observed, LINE)
    if row.outcome in TOGETHER:
        yield _fact("observed", seen)
        yield _fact("reason", reason)
    else:
        yield _fact("observed", f"{reason}: {seen}")
    if row.again:
        yield _fact("again", row.again)
    if verdict.evidence:
        piece = verdict.evidence[0]
        where = f"{piece.probe}, exchange {piece.exchange} ({one_line(piece.label, LABEL)})"
        yield _fact("evidence", [f"{where}: ", _link(row.id, "bytes and the command that asks again")])
    if row.excused:
        yield _fact("baseline", "known to it, which is not conformance")


def _several(finding: Finding) -> Html:
    links = [[_link(row), " "] for row in finding.rows]
    return element(
        "li",
        badge(finding.outcome),
        element("p", element("b", f"{plural(len(finding.rows), 'row')}: "), one_line(finding.why, LINE)),
        element(
            "dl",
            _fact("rows", links),
            _fact("reason", reason_of(finding.outcome, finding.reason)),
            _fact("proven by", cause(finding.outcome, finding.reason)[1]),
        ),
        class_=finding.outcome.value,
    )


def _fact(name: str, child: Child) -> Html:
    return element("div", element("dt", name), element("dd", child))


def _link(id: str, words: str | None = None) -> Html:
    return element("a", words or id, href=f"#{id}", class_=None if words else "id")
