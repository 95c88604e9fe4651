"""How often a run reached each covered cell of the table: saved in `result.json`. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.conformance.model.cells.counting import Reached
from sigmic_conformance.conformance.results.coverage import Count
from sigmic_conformance.spec.cells import Cell, Cells, State


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
