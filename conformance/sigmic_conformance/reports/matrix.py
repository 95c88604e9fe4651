"""The table of areas by outcomes, whose numbers filter the rows, and the filter itself. Pure."""

from collections.abc import Iterable

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports.markup import Html, element, line, wide
from sigmic_conformance.reports.material import Material
from sigmic_conformance.reports.words import ORDER
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import Evidence, Level

TO_LOOK_AT = "needs attention"
"""The initial filter of the list: every outcome that needs attention."""


def matrix(material: Material) -> Html:
    """How many rows of each area have which outcome."""
    columns = [outcome for outcome in ORDER if material.number(outcome)]
    heads = [element("th", name, scope="col") for name in ("Area", *columns)]
    about = Ledger.load().areas
    lines = [
        element(
            "tr",
            element("th", _link(area, area, None), element("span", about.get(area, "")), scope="row"),
            [_cell(material, area, outcome) for outcome in columns],
        )
        for area in material.areas
    ]
    total = line("All", *(_link(str(material.number(each)), None, each) for each in columns))
    head = element("thead", element("tr", heads))
    table = element("table", head, element("tbody", lines), element("tfoot", total), class_="matrix")
    return element(
        "section",
        element("h2", "Areas by outcome", id="areas"),
        wide(table, "Areas by outcome"),
    )


def filters(material: Material) -> Html:
    """The form that filters the list of rows; hidden until the page's script has loaded."""
    outcomes = [outcome.value for outcome in ORDER if material.number(outcome)]
    if material.troubles:
        outcomes.insert(0, TO_LOOK_AT)
    return element(
        "form",
        element(
            "label", "Text ", element("input", type="search", name="text", placeholder="id, word, byte …")
        ),
        _choice("area", material.areas),
        _choice("outcome", outcomes),
        _choice("level", [level.value for level in Level]),
        _choice("evidence", [evidence.value for evidence in Evidence]),
        element("button", "Show all", type="reset"),
        element("button", "Open those shown", type="button", id="open"),
        element("output", "", id="said", aria_live="polite"),
        id="filter",
        role="search",
        hidden=True,
    )


def _choice(name: str, values: Iterable[str]) -> Html:
    options = [
        element("option", "any", value=""),
        *(element("option", value, value=value) for value in values),
    ]
    return element("label", f"{name.capitalize()} ", element("select", options, name=name))


def _cell(material: Material, area: str, outcome: Outcome) -> Html:
    number = material.number(outcome, area)
    if not number:
        return element("td", element("span", "·", aria_hidden="true"))
    return element("td", _link(str(number), area, outcome), class_=outcome.value)


def _link(words: str, area: str | None, outcome: Outcome | None) -> Html:
    said = f"{words} {outcome.value if outcome else 'rows'} in {area or 'all areas'}"
    return element(
        "a",
        words,
        href=f"#area-{area}" if area else "#requirements",
        data_area=area or "",
        data_outcome=outcome.value if outcome else "",
        aria_label=said if words.isdigit() else None,
    )
