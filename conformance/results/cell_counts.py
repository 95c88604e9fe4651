"""How often a run reached each covered cell of the table: saved in `result.json`. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.conformance.model.cells.counting import Reached
from sigmic_conformance.conformance.results.coverage import Count
from sigmic_conformance.spec.cells import Cell, Cells, State

MARKS = {State.UNSPECIFIED: "free", State.UNREACHABLE: "·"}
"""The text of a cell that is not counted."""
NOT_REACHED, UNTESTED = "0", "!"


@dataclass(frozen=True, slots=True)
class CellCounts:
    """By the name of a covered cell, how often it was reached; unreached cells are absent.

    `untested` are the reached cells in which none of the cell's requirements was tested.
    """

    numbers: Mapping[str, int]
    untested: frozenset[str] = frozenset()

    @classmethod
    def of(cls, found: Reached, tested: Mapping[str, Collection[str]]) -> "CellCounts":
        """The sums over all probes; `tested` has the probes in whose traffic each requirement was tested."""
        cells = Cells.load().cells
        untested = (
            str(place)
            for place, by_probe in found.items()
            if not any(by_probe.keys() & set(tested.get(row, ())) for row in cells[place].ids)
        )
        numbers = {str(place): sum(by_probe.values()) for place, by_probe in found.items()}
        return cls(numbers, frozenset(untested))

    @classmethod
    def restored(cls, document: Mapping[str, Any]) -> "CellCounts":
        """The counts from the output of `document`."""
        return cls(dict(document.get("reached", {})), frozenset(document.get("untested", ())))

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return {"reached": dict(sorted(self.numbers.items())), "untested": sorted(self.untested)}

    def missing(self, cells: Cells) -> tuple[Cell, ...]:
        """The covered cells that were not reached, in the order of the table."""
        return tuple(each for each in cells.of(State.COVERED) if str(each.place) not in self.numbers)

    def count(self, cells: Cells) -> Count:
        """How many covered cells were reached."""
        missing = tuple(str(each.place) for each in self.missing(cells))
        of = len(cells.of(State.COVERED))
        return Count(what="cells reached", have=of - len(missing), of=of, missing=missing)

    def mark(self, cell: Cell) -> str:
        """The text of a cell: how often it was reached, or why that is not counted."""
        name = str(cell.place)
        sign = UNTESTED if name in self.untested else ""
        return MARKS.get(cell.state) or f"{self.numbers.get(name, NOT_REACHED)}{sign}"

    def without_tests(self, cells: Cells) -> tuple[Cell, ...]:
        """The cells that were reached and in which none of their requirements was tested, in order."""
        return tuple(each for each in cells.of(State.COVERED) if str(each.place) in self.untested)


def table(counts: CellCounts, cells: Cells) -> Iterator[str]:
    """The nouns by heuristics as text, one block per heuristic; then each covered but unreached cell."""
    width = max(map(len, cells.nouns)) + 2
    for name, heuristic in cells.heuristics.items():
        columns = list(heuristic.values)
        wide = max(map(len, columns)) + 2
        yield f"{name:{width}}" + "".join(f"{value:>{wide}}" for value in columns)
        for noun in cells.nouns:
            marks = [counts.mark(cells.at(noun, name, value)) for value in columns]
            if any(mark != MARKS[State.UNREACHABLE] for mark in marks):
                yield f"{noun:{width}}" + "".join(f"{mark:>{wide}}" for mark in marks)
        yield ""
    yield summary(counts, cells)
    yield from (_line(cell) for cell in counts.missing(cells))
    if unproven := counts.without_tests(cells):
        yield f"{UNTESTED} reached, and none of their requirements was tested there: {len(unproven)}"
        yield from map(_line, unproven)


def _line(cell: Cell) -> str:
    return f"  {cell.place}: {cell.says} ({', '.join(cell.ids)})"


def summary(counts: CellCounts, cells: Cells) -> str:
    """How many cells there are of each state, and how many were reached."""
    count = counts.count(cells)
    free, beyond = (len(cells.of(state)) for state in (State.UNSPECIFIED, State.UNREACHABLE))
    return f"{count.have} of {count.of} covered cells reached; {free} unspecified, {beyond} unreachable"
