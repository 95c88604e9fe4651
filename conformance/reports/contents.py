"""The table of contents: a line that stays at the top of the page during scrolling. Pure."""

from collections.abc import Iterator

from sigmic_conformance.conformance.reports.findings import parted
from sigmic_conformance.conformance.reports.markup import Html, element
from sigmic_conformance.conformance.reports.material import Material


def contents(material: Material) -> Html:
    """Links to the parts of the page; the findings by kind, each with its number of rows."""
    items = [element("li", element("a", words, href=f"#{to}")) for to, words in _parts(material)]
    return element("nav", element("ul", items), class_="contents", aria_label="Contents")


def _parts(material: Material) -> Iterator[tuple[str, str]]:
    parts = list(parted(material))
    if not parts:
        yield "findings", "Findings"
    for part in parts:
        yield part.id, f"{part.title} {part.number}"
    if material.observations:
        yield "beyond", "Beyond the requirements"
    yield "areas", "Areas"
    yield "requirements", "Requirements"
    if any(True for _ in material.streams()):
        yield "streams", "Streams"
    yield "observed", "Observed"
