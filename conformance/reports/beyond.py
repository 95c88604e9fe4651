"""The page's section of observations that no requirement states: shown with their bytes, never checked.

Pure.
"""

from sigmic_conformance.conformance.judging.verdict import Citation
from sigmic_conformance.conformance.reports.detail import Detail
from sigmic_conformance.conformance.reports.evidence import figure
from sigmic_conformance.conformance.reports.markup import Html, element
from sigmic_conformance.conformance.reports.material import Material
from sigmic_conformance.conformance.reports.visible import cut
from sigmic_conformance.conformance.results.observation import Observation
from sigmic_conformance.spec.plural import plural

ANCHOR = "beyond"
MOST_OPEN = 3
MOST_TEXT = 500
EXPLAINED = (
    "A generic check found this in a response, but no requirement states it. It has no verdict and"
    " fails no run. Check whether the response is what you intended."
)


def pointer(material: Material) -> Html | None:
    """The line of the page's head that links here; None if there are no observations."""
    found = material.observations
    if not found:
        return None
    link = element("a", f"{plural(len(found), 'observation')} beyond the requirements", href=f"#{ANCHOR}")
    return element("p", link, ", without a verdict.", class_="note")


def beyond(material: Material, detail: Detail) -> Html | None:
    """The section of all observations; None if there are none."""
    found = material.observations
    if not found:
        return None
    return element(
        "section",
        element("h2", f"Beyond the requirements: {plural(len(found), 'observation')}", id=ANCHOR),
        element("p", EXPLAINED, class_="note"),
        [
            _observation(material, each, detail, is_open=number < MOST_OPEN)
            for number, each in enumerate(found)
        ],
    )


def _observation(material: Material, told: Observation, detail: Detail, *, is_open: bool) -> Html:
    summary = element(
        "summary",
        element("code", told.operation, class_="id"),
        element("span", cut(told.said, MOST_TEXT), class_="statement"),
        element("span", told.check.replace("_", " "), f" · {plural(told.times, 'time')}", class_="kind"),
    )
    piece = Citation(
        probe=told.probe,
        exchange=told.exchange,
        label=told.label,
        note="the first answer that showed it" if told.times > 1 else "the answer that showed it",
        excerpt=told.excerpt,
        curl=told.curl,
    )
    return element(
        "details", summary, figure(material, piece, detail, whole=True), class_="told", open=is_open
    )
