"""Findings for a reader: broken, tolerated and undecided separately, those of one cause together. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports.detail import Detail
from sigmic_conformance.reports.evidence import picture, repetition
from sigmic_conformance.reports.five_lines import Fact, finding
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
COMPARED = ("expected", "observed")
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


def findings(material: Material, detail: Detail) -> Html:
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
        [_Cards(material, rows, detail, tells_again=not of_all).part(part) for part in parts],
    )


@dataclass(frozen=True, slots=True)
class _Cards:
    """The findings as cards; `tells_again` shows with each whether it came again in a second try."""

    material: Material
    rows: Mapping[str, Row]
    detail: Detail
    tells_again: bool

    def part(self, part: Part) -> list[Html]:
        small = f"{plural(part.number, 'requirement')}, {plural(len(part.findings), 'finding')}"
        cards = [
            _several(each) if each.id is None else self._one(self.rows[each.id], part.beside.get(each.id, ()))
            for each in part.findings
        ]
        return [
            element("h3", part.title, " ", element("small", small), id=part.id),
            element("ul", cards, class_="findings"),
        ]

    def _one(self, row: Row, beside: Sequence[str]) -> Html:
        facts = finding(row.asked, row.verdict).facts
        return element(
            "li",
            _head(row.outcome, row.verdict.reason, _link(row.id)),
            element("p", prose(row.statement), class_="statement"),
            element("dl", [_line(each) for each in facts if each.name in COMPARED], class_="compared"),
            element("dl", list(self._rest(row, facts))),
            self._evidence(row),
            self._beside([self.rows[each] for each in beside]) if beside else None,
            class_=row.outcome.value,
        )

    def _rest(self, row: Row, facts: Sequence[Fact]) -> Iterator[Html]:
        yield from (_line(each) for each in facts if each.name not in COMPARED)
        if row.again and self.tells_again:
            yield fact("retry", row.again)
        if row.excused:
            yield fact("baseline", "known to it, which is not conformance")

    def _evidence(self, row: Row) -> Html | None:
        """The stream and the command of the first citation; the row itself has the bytes of all."""
        if not row.verdict.evidence:
            return None
        first = row.verdict.evidence[0]
        return element(
            "div",
            picture(self.material, first, self.detail.ticks) if self.detail.timelines else None,
            repetition(self.material, row.id, first),
            element("p", _link(row.id, "All evidence: bytes, times and commands")),
            class_="evidence",
        )

    def _beside(self, rows: Sequence[Row]) -> Html:
        """The rows with the same cause, one per line, each with its observation."""
        lines = [
            element(
                "li",
                _link(row.id),
                f" {row.outcome.value}, {reason_of(row.outcome, row.verdict.reason)}: ",
                one_line(last_line(row.verdict.observed), LINE),
                f" [{row.again}]" if row.again and self.tells_again else None,
            )
            for row in rows
        ]
        told = element("ul", lines, class_="beside")
        if len(rows) <= MOST_BESIDE:
            return element("div", element("span", "With the same cause:", class_="reason"), told)
        return fold(f"With the same cause: {_by_area(row.id for row in rows)}", told)


def _several(found: VerdictGroup) -> Html:
    """A card about several requirements that are undecided for one cause."""
    links = [[_link(row), " "] for row in found.rows]
    return element(
        "li",
        _head(found.outcome, found.reason, element("b", plural(len(found.rows), "requirement"))),
        element("p", one_line(found.why, LINE), class_="statement"),
        element("dl", fact("to do", cause(found.outcome, found.reason)[1])),
        fold(_by_area(found.rows), element("p", links)),
        class_=found.outcome.value,
    )


def _head(outcome: Outcome, reason: str | None, about: Html) -> Html:
    return element(
        "p", badge(outcome), " ", about, " ", element("span", reason_of(outcome, reason), class_="reason")
    )


def _line(told: Fact) -> Html:
    return fact(told.name, one_line(told.text, LINE))


def _by_area(ids: Iterable[str]) -> str:
    """How many requirements of each area: `ERROR 5, TOKEN 17`."""
    return ", ".join(f"{area} {number}" for area, number in Counter(_area(each) for each in ids).items())


def _area(id: str) -> str:
    return id.partition("-")[0]


def _alone(found: VerdictGroup, row: str) -> VerdictGroup:
    return VerdictGroup(outcome=found.outcome, reason=found.reason, why=found.why, rows=(row,))


def _link(id: str, words: str | None = None) -> Html:
    return element("a", words or id, href=f"#{id}", class_=None if words else "id")
