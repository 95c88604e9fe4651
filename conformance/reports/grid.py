"""A table whose columns are values in groups: nouns by heuristics, requirements by situations. Pure."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from sigmic_conformance.conformance.reports.markup import Html, element


class Columns(Protocol):
    """A group of columns: what it is about, and each value with its sentence."""

    @property
    def about(self) -> str:
        """The sentence of the group."""

    @property
    def values(self) -> Mapping[str, str]:
        """The sentences by value."""


Mark = tuple[str, str | None, str | None]
"""The text of a cell, its CSS class and its title."""


def grid(corner: str, groups: Mapping[str, Columns], rows: Iterable[tuple[Html, Iterable[Mark]]]) -> Html:
    """The table; each row has its heading and a mark for each value of each group."""
    values = [(value, about) for each in groups.values() for value, about in each.values.items()]
    edges = ["first" if at == 0 else None for each in groups.values() for at, _ in enumerate(each.values)]
    spans = [
        element("th", name, scope="colgroup", colspan=len(each.values), title=each.about)
        for name, each in groups.items()
    ]
    heads = [
        element("th", value, scope="col", title=about, class_=edge)
        for (value, about), edge in zip(values, edges, strict=True)
    ]
    return element(
        "table",
        element(
            "thead",
            element("tr", element("th", "", scope="col"), spans),
            element("tr", element("th", corner, scope="col"), heads),
        ),
        element(
            "tbody",
            [
                element(
                    "tr",
                    head,
                    [
                        element("td", said, class_=" ".join(filter(None, (kind, edge))) or None, title=title)
                        for (said, kind, title), edge in zip(marks, edges, strict=True)
                    ],
                )
                for head, marks in rows
            ],
        ),
        class_="situations",
    )
