"""The page's table *Choices of this target*: what it does where no page says anything. Pure."""

from sigmic_conformance.reports.markup import Html, element
from sigmic_conformance.reports.material import Material
from sigmic_conformance.reports.visible import one_line
from sigmic_conformance.results.choice import NOT_SEEN, TargetChoice

ANCHOR = "choices"
TITLE = "Choices of this target"
EXPLAINED = (
    "No page answers these questions, or pages contradict each other. The answers have no verdict. A client"
    " must not depend on them: another platform, or the next version of this one, may choose otherwise."
)
LINE = 240


def choices(material: Material) -> Html | None:
    """The table of the questions; None for a run that answers none."""
    found = material.run.choices
    if not any(each.answers for each in found):
        return None
    head = element("tr", *(element("th", name, scope="col") for name in ("question", "answer", "seen in")))
    return element(
        "section",
        element("h2", TITLE, id=ANCHOR),
        element("p", EXPLAINED, class_="note"),
        element("table", element("thead", head), element("tbody", [_row(each) for each in found])),
    )


def _row(choice: TargetChoice) -> Html:
    seen = [element("li", f"{each.probe}, exchange {each.exchange}") for each in choice.answers]
    told = [element("li", one_line(each.text, LINE)) for each in choice.answers]
    return element(
        "tr",
        element("td", choice.question),
        element("td", element("ul", told) if told else NOT_SEEN),
        element("td", element("ul", seen) if seen else None),
    )
