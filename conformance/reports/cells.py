"""The table of nouns by heuristics as a part of a page: how often a run reached each cell. Pure."""

from collections.abc import Iterator, Mapping

from sigmic_conformance.conformance.reports.markup import Child, Html, element, join, prose, wide
from sigmic_conformance.conformance.results.cell_counts import NOT_REACHED, UNTESTED, CellCounts, summary
from sigmic_conformance.spec.cells import Cell, Cells, State

_CLASSES = {State.UNSPECIFIED: "free", State.UNREACHABLE: "outside"}


def cells_table(counts: CellCounts) -> Html:
    """The table, and the requests that would reach the missing cells."""
    cells = Cells.load()
    grid = element(
        "table",
        element(
            "thead", element("tr", element("th", "", scope="col"), list(_heuristics(cells))), _values(cells)
        ),
        element(
            "tbody",
            [
                element(
                    "tr",
                    element("th", noun, element("span", prose(about)), scope="row"),
                    list(_row(noun, counts, cells)),
                )
                for noun, about in cells.nouns.items()
            ],
        ),
        class_="situations",
    )
    missing, untested = counts.missing(cells), counts.without_tests(cells)
    return join(
        [
            element("p", f"{summary(counts, cells)}."),
            wide(grid, "nouns by heuristics"),
            element("h3", f"Covered cells that were not reached: {len(missing)}"),
            element("ul", list(map(_line, missing))),
            element("h3", f"Cells ({UNTESTED}) in which no requirement was tested: {len(untested)}"),
            element("ul", list(map(_line, untested))),
        ]
    )


def _line(cell: Cell) -> Html:
    return element("li", f"{cell.place}: ", prose(cell.says), f" ({', '.join(cell.ids)})")


def _heuristics(cells: Cells) -> Iterator[Html]:
    for name, heuristic in cells.heuristics.items():
        yield element("th", name, scope="colgroup", colspan=len(heuristic.values), title=heuristic.about)


def _values(cells: Cells) -> Html:
    columns: list[Child] = [
        element("th", value, scope="col", title=sentence, class_=_edge(heuristic.values, value))
        for heuristic in cells.heuristics.values()
        for value, sentence in heuristic.values.items()
    ]
    return element("tr", element("th", "noun", scope="col"), columns)


def _row(noun: str, counts: CellCounts, cells: Cells) -> Iterator[Html]:
    for name, heuristic in cells.heuristics.items():
        for value in heuristic.values:
            cell = cells.at(noun, name, value)
            mark = counts.mark(cell)
            kinds = (_kind(cell, mark), _edge(heuristic.values, value))
            yield element("td", mark, class_=" ".join(filter(None, kinds)) or None, title=cell.says)


def _kind(cell: Cell, mark: str) -> str | None:
    return _CLASSES.get(cell.state) or ("never" if mark == NOT_REACHED else None)


def _edge(values: Mapping[str, str], value: str) -> str | None:
    return "first" if value == next(iter(values)) else None
