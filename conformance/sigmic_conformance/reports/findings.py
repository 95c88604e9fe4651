"""Findings for a reader: broken, tolerated and undecided separately, those of one cause together. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports.five_lines import finding
from sigmic_conformance.reports.markup import Html, element, fact, fold, prose
from sigmic_conformance.reports.material import Material, Row
from sigmic_conformance.reports.requirements import badge, reason_of
from sigmic_conformance.reports.visible import one_line
from sigmic_conformance.reports.words import cause
from sigmic_conformance.results.findings import (
    VerdictGroup,
    by_cause,
    gathered,
    last_line,
    summary_of_all,
)
from sigmic_spec.plural import plural

LINE = 240
MOST_BESIDE = 4
"""The most rows with the same cause that are listed unfolded."""
PARTS = (
    ("broken", "Broken", (Outcome.ERRORED, Outcome.FAILED)),
    ("tolerated", "Tolerated", (Outcome.WARNED,)),
    ("unproven", "Not proven", (Outcome.INCONCLUSIVE, Outcome.BLOCKED)),
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """The findings of one kind; `beside` are the rows that are listed under the row of a finding."""

    id: str
    title: str
    number: int
    """How many rows are of this kind, wherever they are listed."""
    findings: Sequence[VerdictGroup]
    beside: Mapping[str, Sequence[str]]


def parted(material: Material) -> Iterator[Part]:
    """The findings that need attention, by kind; a kind without any is left out.

    A row with the same cause as one above it is listed there, whatever its own kind is.
    """
    verdicts = {row.id: row.verdict for row in material.troubles if not row.excused}
    order = [outcome for _, _, outcomes in PARTS for outcome in outcomes]
    beside = by_cause(verdicts, [each.id for each in gathered(verdicts, order) if each.id])
    for name, title, outcomes in PARTS:
        number = sum(each.outcome in outcomes for each in verdicts.values())
        found = [each for each in gathered(verdicts, outcomes) if each.id is None or each.id in beside]
        mine = {each.id: beside[each.id] for each in found if each.id is not None}
        if number:
            yield Part(id=name, title=title, number=number, findings=found, beside=mine)
    excused = [row.id for row in material.troubles if row.excused]
    if excused:
        found = gathered({row.id: row.verdict for row in material.troubles if row.excused}, Outcome)
        alone = [_alone(each, row) for each in found for row in each.rows]
        yield Part(id="known", title="Known to the baseline", number=len(excused), findings=alone, beside={})


def findings(material: Material) -> Html:
    """A line for each cause, with the rows that it breaks or leaves undecided."""
    parts = list(parted(material))
    if not parts:
        heading = element("h2", "Findings", id="findings")
        return element("section", heading, element("p", "None: every tested requirement holds."))
    rows = {row.id: row for row in material.troubles}
    said, about = sum(len(part.findings) for part in parts), sum(part.number for part in parts)
    words = plural(said, "finding")
    of_all = summary_of_all(row.again for row in rows.values() if row.outcome is Outcome.FAILED)
    return element(
        "section",
        element(
            "h2", words if said == about else f"{words} about {plural(about, 'requirement')}", id="findings"
        ),
        element("p", f"Of every broken requirement: {of_all}.", class_="note") if of_all else None,
        [_part(part, rows, tells_again=not of_all) for part in parts],
    )


def _part(part: Part, rows: Mapping[str, Row], *, tells_again: bool) -> list[Html]:
    small = f"{plural(part.number, 'requirement')}, {plural(len(part.findings), 'finding')}"
    lines = [
        _several(each)
        if each.id is None
        else _one(rows[each.id], [rows[row] for row in part.beside.get(each.id, ())], tells_again=tells_again)
        for each in part.findings
    ]
    return [
        element("h3", part.title, " ", element("small", small), id=part.id),
        element("ul", lines, class_="findings"),
    ]


def _alone(found: VerdictGroup, row: str) -> VerdictGroup:
    return VerdictGroup(outcome=found.outcome, reason=found.reason, why=found.why, rows=(row,))


def _one(row: Row, beside: Sequence[Row], *, tells_again: bool) -> Html:
    return element(
        "li",
        badge(row.outcome),
        element("p", _link(row.id), " ", prose(row.statement)),
        element("dl", list(_facts(row, beside, tells_again=tells_again))),
        class_=row.outcome.value,
    )


def _facts(row: Row, beside: Sequence[Row], *, tells_again: bool) -> Iterator[Html]:
    verdict = row.verdict
    for each in finding(row.asked, verdict).facts:
        yield fact(each.name, one_line(each.text, LINE))
    yield fact("reason", reason_of(row.outcome, verdict.reason))
    if row.again and tells_again:
        yield fact("retry", row.again)
    if verdict.evidence:
        yield fact("evidence", _link(row.id, "bytes and the command to repeat the request"))
    if row.excused:
        yield fact("baseline", "known to it, which is not conformance")
    if beside:
        yield fact("with it", _beside(beside, tells_again=tells_again))


def _beside(rows: Sequence[Row], *, tells_again: bool) -> Html:
    """The rows with the same cause, one per line, each with its observation."""
    lines = [
        element(
            "li",
            _link(row.id),
            f" {row.outcome.value}, {reason_of(row.outcome, row.verdict.reason)}: ",
            one_line(last_line(row.verdict.observed), LINE),
            f" [{row.again}]" if row.again and tells_again else None,
        )
        for row in rows
    ]
    told = element("ul", lines, class_="beside")
    if len(rows) <= MOST_BESIDE:
        return told
    ids = ", ".join(row.id for row in rows)
    return fold(f"{plural(len(rows), 'requirement')}: {ids}", told)


def _several(found: VerdictGroup) -> Html:
    links = [[_link(row), " "] for row in found.rows]
    return element(
        "li",
        badge(found.outcome),
        element("p", element("b", f"{plural(len(found.rows), 'requirement')}: "), one_line(found.why, LINE)),
        element(
            "dl",
            fact("requirements", links),
            fact("reason", reason_of(found.outcome, found.reason)),
            fact("to do", cause(found.outcome, found.reason)[1]),
        ),
        class_=found.outcome.value,
    )


def _link(id: str, words: str | None = None) -> Html:
    return element("a", words or id, href=f"#{id}", class_=None if words else "id")
