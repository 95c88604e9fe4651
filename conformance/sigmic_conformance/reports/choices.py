"""The page's table *Choices of this target*: what it does where no page says anything. Pure."""

from collections.abc import Sequence

from sigmic_conformance.reports.markup import Child, Html, element, fold, line, table
from sigmic_conformance.reports.material import Material
from sigmic_conformance.reports.visible import one_line
from sigmic_conformance.results.choice import NOT_SEEN, TargetChoice
from sigmic_spec.plural import plural

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
    silent = [each.question for each in found if not each.answers]
    return element(
        "section",
        element("h2", TITLE, id=ANCHOR),
        element("p", EXPLAINED, class_="note"),
        table(
            ("question", "answer", "seen in"),
            [_row(each) for each in found if each.answers],
            class_="choices",
        ),
        fold(
            f"{plural(len(silent), 'question')} {NOT_SEEN}",
            element("ul", [element("li", each) for each in silent]),
        )
        if silent
        else None,
    )


def _row(choice: TargetChoice) -> Html:
    return line(
        choice.question,
        _listed([one_line(each.text, LINE) for each in choice.answers]),
        _listed([f"{each.probe.replace('_', ' ')}, exchange {each.exchange}" for each in choice.answers]),
    )


def _listed(texts: Sequence[str]) -> Child:
    return texts[0] if len(texts) == 1 else element("ul", [element("li", each) for each in texts])
