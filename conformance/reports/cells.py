"""The table of nouns by heuristics as a part of a page: how often a run reached each cell. Pure."""

from collections.abc import Iterator

from sigmic_conformance.conformance.reports.grid import Mark, grid
from sigmic_conformance.conformance.reports.markup import Html, element, join, prose, wide
from sigmic_conformance.conformance.results.cell_counts import NOT_REACHED, UNTESTED, CellCounts, summary
from sigmic_conformance.spec.cells import Cell, Cells, State

_CLASSES = {State.UNSPECIFIED: "free", State.UNREACHABLE: "outside"}


def cells_table(counts: CellCounts) -> Html:
    """The table, and the requests that would reach the missing cells."""
    cells = Cells.load()
    rows = (
        (element("th", noun, element("span", prose(about)), scope="row"), _marks(noun, counts, cells))
        for noun, about in cells.nouns.items()
    )
    missing, untested = counts.missing(cells), counts.without_tests(cells)
    return join(
        [
            element("p", f"{summary(counts, cells)}."),
            wide(grid("noun", cells.heuristics, rows), "nouns by heuristics"),
            element("h3", f"Covered cells that were not reached: {len(missing)}"),
            element("ul", list(map(_line, missing))),
            element("h3", f"Cells ({UNTESTED}) in which no requirement was tested: {len(untested)}"),
            element("ul", list(map(_line, untested))),
        ]
    )


def _line(cell: Cell) -> Html:
    return element("li", f"{cell.place}: ", prose(cell.says), f" ({', '.join(cell.ids)})")


def _marks(noun: str, counts: CellCounts, cells: Cells) -> Iterator[Mark]:
    for name, heuristic in cells.heuristics.items():
        for value in heuristic.values:
            cell = cells.at(noun, name, value)
            mark = counts.mark(cell)
            yield mark, _CLASSES.get(cell.state) or ("never" if mark == NOT_REACHED else None), cell.says
