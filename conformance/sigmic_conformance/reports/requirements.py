"""The list of all checked rows with their evidence. Pure."""

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports.detail import Detail
from sigmic_conformance.reports.evidence import evidence
from sigmic_conformance.reports.five_lines import finding
from sigmic_conformance.reports.markup import Child, Html, element, fact, prose
from sigmic_conformance.reports.material import Material, Row
from sigmic_conformance.reports.visible import cut
from sigmic_conformance.reports.words import OUTCOMES, reason_in_words
from sigmic_spec.ledger import Ledger

MOST_TEXT = 1500


def requirements(material: Material, detail: Detail) -> list[Html]:
    """Every checked row by area, with all its evidence."""
    about = Ledger.load().areas
    return [
        element(
            "section",
            element("h3", area, " ", element("small", about.get(area, "")), id=f"area-{area}"),
            [_card(material, row, detail) for row in material.rows if row.area == area],
            class_="area",
        )
        for area in material.areas
    ]


def _card(material: Material, row: Row, detail: Detail) -> Html:
    summary = element(
        "summary",
        badge(row.outcome),
        element("code", row.id, class_="id"),
        element("span", prose(row.statement), class_="statement"),
        element("span", f"{row.level} · {row.evidence}", class_="kind"),
        element("a", "#", href=f"#{row.id}", class_="here", aria_label=f"A link to {row.id}"),
    )
    return element(
        "details",
        summary,
        element("dl", list(_facts(row))),
        evidence(material, row, detail),
        id=row.id,
        class_=f"row {row.outcome.value}",
        data_area=row.area,
        data_outcome=row.outcome.value,
        data_trouble=row.is_trouble,
        data_level=row.level,
        data_evidence=row.evidence,
    )


def _facts(row: Row) -> list[Html | None]:
    source: Child = row.source
    if row.link is not None:
        source = element("a", row.source, href=row.link, rel="noreferrer noopener")
    binding = "binds this target" if row.binds else "does not bind this target"
    verdict = row.verdict
    told = finding(row.asked, verdict)
    return [
        _fact("Verdict", [OUTCOMES[row.outcome], " (known to the baseline)" if row.excused else None]),
        _fact("Source", [source, f" ({row.evidence}, {row.level}; {binding})"]),
        *(_fact(each.name.capitalize(), cut(each.text, MOST_TEXT)) for each in told.facts),
        _fact("Reason", reason_of(row.outcome, row.verdict.reason) if verdict.reason else None),
        _fact("Retry", row.again or None),
        _fact("Usual mistake", prose(row.mistake) if row.mistake else None),
    ]


def _fact(name: str, child: Child) -> Html | None:
    return fact(name, child) if child else None


def badge(outcome: Outcome) -> Html:
    """An outcome as a word with its background colour."""
    return element("span", outcome.value, class_=f"badge {outcome.value}")


def reason_of(outcome: Outcome, reason: str | None) -> str:
    """The reason of a verdict as text, with its code if that differs from the text."""
    words = reason_in_words(outcome, reason)
    return f"{words} ({reason})" if reason and words != reason.replace("-", " ") else words or outcome.value
