"""The report as one page of HTML that loads nothing."""

from collections.abc import Iterator
from pathlib import Path

from sigmic_conformance.reports.choices import ANCHOR as CHOICES
from sigmic_conformance.reports.choices import TITLE, choices
from sigmic_conformance.reports.detail import LEVELS, MOST_BYTES, Detail
from sigmic_conformance.reports.document import document
from sigmic_conformance.reports.findings import findings, parted
from sigmic_conformance.reports.headline import about, headline, observed
from sigmic_conformance.reports.markup import Html, element, join
from sigmic_conformance.reports.material import Material
from sigmic_conformance.reports.matrix import filters, matrix
from sigmic_conformance.reports.requirements import requirements
from sigmic_conformance.reports.streams import streams

_HERE = Path(__file__).parent


def page(material: Material, *, most_bytes: int = MOST_BYTES) -> str:
    """The page with the most detail that `most_bytes` allow."""
    text = ""
    for detail in LEVELS:
        text = _page(material, detail)
        if len(text.encode()) <= most_bytes:
            break
    return text


def _page(material: Material, detail: Detail) -> str:
    return document(
        f"Conformance of {material.document['target']['base_url']}",
        element("a", "To the requirements", href="#requirements", class_="skip"),
        headline(material),
        contents(material),
        element("main", _sections(material, detail)),
        element("footer", _footer(detail)),
        script=(_HERE / "page.js").read_text(encoding="utf-8"),
    )


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
    if choices(material) is not None:
        yield CHOICES, TITLE
    yield "areas", "Areas"
    yield "requirements", "Requirements"
    if any(True for _ in material.streams()):
        yield "streams", "Streams"
    yield "observed", "Observed"
    yield "about", "About this run"


def _sections(material: Material, detail: Detail) -> list[Html | None]:
    return [
        findings(material, detail),
        choices(material),
        matrix(material),
        element(
            "section",
            element("h2", "Requirements", id="requirements"),
            filters(material),
            requirements(material, detail),
        ),
        streams(material, detail),
        observed(material),
        about(material.document),
    ]


def _footer(detail: Detail) -> Html:
    full = detail == LEVELS[0]
    said = (
        "Everything here is derived from result.json and the transcripts in the same folder; secrets were"
        " replaced by [secret:…] when they were recorded."
    )
    short = " Evidence of fulfilled requirements was shortened to keep this page small: result.json has it."
    return join([element("p", said, None if full else short)])
