"""Findings as workflow commands, which a CI shows at the head of a run. Pure.

The form is GitHub's: `::error title=T::message`. No file is named: the repository that is checked has no line
that a finding is about. The lines of a text are harmless, and joined by GitHub's escape.
"""

from collections.abc import Iterator

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports.five_lines import finding
from sigmic_conformance.reports.material import Material, Row
from sigmic_conformance.reports.visible import harmless, one_line
from sigmic_conformance.results.findings import cause as shared

TEXT = 500


def annotations(material: Material) -> Iterator[str]:
    """One line per finding: an error for a broken row, a warning for others, `notice` for excused ones.

    Undecided rows with one cause share a line: a CI shows only the first ten.
    """
    if problem := material.document["problem"]:
        yield f"::error title=not tested::{_message(one_line(problem, TEXT))}"
    for line in material.causes:
        yield f"::warning title=cause::{_message(one_line(line, TEXT))}"
    target = material.document["target"]["base_url"]
    groups: dict[object, list[Row]] = {}
    for row in material.troubles:
        key = (row.excused, shared(row.verdict)) if row.outcome.is_undecided else row.id
        groups.setdefault(key, []).append(row)
    for row, *others in groups.values():
        also = f"\nalso: {', '.join(each.id for each in others)}" if others else ""
        yield f"::{_kind(row)} title={_property(_title(row))}::{_message(_said(row, target) + also)}"
    for problem in material.document.get("baseline", {}).get("problems", ()):
        title = _property(f"baseline: {problem['check']}")
        yield f"::error title={title}::{_message(problem['text'])}"


def _kind(row: Row) -> str:
    if row.excused:
        return "notice"
    return "error" if row.outcome in {Outcome.FAILED, Outcome.ERRORED} else "warning"


def _title(row: Row) -> str:
    return f"{row.id} {row.outcome.with_reason(row.verdict.reason)}"


def _said(row: Row, target: str) -> str:
    """The statement and the facts of the finding, one a line."""
    told = finding(row.asked, row.verdict, target=target)
    lines = [row.statement, *(f"{fact.name}: {one_line(fact.text, TEXT)}" for fact in told.facts)]
    return "\n".join([*lines, *([row.again] if row.again else [])])


def _message(text: str) -> str:
    return "%0A".join(harmless(line).replace("%", "%25") for line in text.split("\n"))


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
