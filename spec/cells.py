"""The table of nouns by heuristics: in a cell, requirements apply, no page speaks, or no request gets there.

`cells.yaml` is the only list. A run counts the covered cells that it reached. A loaded table is complete:
every noun has every value of every heuristic, and every name in it exists. Otherwise `CellsError` is raised.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from sigmic_conformance.spec import strict_yaml
from sigmic_conformance.spec.ledger import Ledger
from sigmic_conformance.spec.nearest import hint_of_known

FILE = Path(__file__).with_name("cells.yaml")


class CellsError(ValueError):
    """The table is incomplete: one line per problem, with its place and what to write."""


class State(StrEnum):
    """Whether requirements apply in a cell, and whether a request can reach it."""

    COVERED = "covered"
    UNSPECIFIED = "unspecified"
    UNREACHABLE = "unreachable"


_FORM = "{covered: [REQUIREMENT], is: …}, {unspecified: [FACT], is: …} or {unreachable: …}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heuristic:
    """A question that a tester asks about every noun; `values` has a sentence for each."""

    about: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The place of a cell in the table, written `file count=too_many`."""

    noun: str
    heuristic: str
    value: str

    def __str__(self) -> str:
        return f"{self.noun} {self.heuristic}={self.value}"

    @property
    def keys(self) -> tuple[str, str]:
        """The keys of the cell among those of its noun."""
        return self.heuristic, self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell. `ids` are the requirements that apply, or the facts that leave a target free."""

    place: Place
    state: State
    says: str
    """What it means in requests, or why nothing reaches it."""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The whole table, in the order of the file. Never changed after loading."""

    heuristics: Mapping[str, Heuristic]
    nouns: Mapping[str, str]
    cells: Mapping[Place, Cell]

    @classmethod
    def load(cls) -> "Cells":
        """Return the package's own table, read on the first call."""
        return _load()

    @classmethod
    def parse(cls, text: str, ledger: Ledger) -> Self:
        """Parse a table. `CellsError` names every problem with its line."""
        tree = strict_yaml.read(text)
        heuristics = {name: Heuristic(**each) for name, each in tree["heuristics"].items()}
        written = [
            each for noun, told in tree["nouns"].items() for each in _written(noun, told["cells"], heuristics)
        ]
        problems = [
            (place, told) for place, cell in written for told in _problems(place, cell, heuristics, ledger)
        ]
        if problems:
            lines = strict_yaml.read_located(text.encode()).lines
            raise CellsError(
                "\n".join(
                    f"{FILE.name}:{strict_yaml.line_of(lines, ('nouns', place.noun, 'cells', *place.keys))}:"
                    f" {'/'.join((place.noun, *place.keys))}: {told}"
                    for place, told in problems
                )
            )
        return cls(
            heuristics=MappingProxyType(heuristics),
            nouns=MappingProxyType({name: noun["is"] for name, noun in tree["nouns"].items()}),
            cells=MappingProxyType({place: _cell(place, cell) for place, cell in written}),
        )

    def at(self, noun: str, heuristic: str, value: str) -> Cell:
        """The cell at a place; KeyError if there is none."""
        return self.cells[Place(noun, heuristic, value)]

    def of(self, state: State) -> tuple[Cell, ...]:
        """The cells of a state, in the order of the file."""
        return tuple(each for each in self.cells.values() if each.state is state)


def _written(
    noun: str, given: Mapping[str, Any], heuristics: Mapping[str, Heuristic]
) -> Iterator[tuple[Place, Any]]:
    """The cells of a noun in the file, None for one that it lacks; one may be for all values."""
    for name in dict.fromkeys((*heuristics, *given)):
        values, cells = heuristics[name].values if name in heuristics else {}, given.get(name, {})
        is_one = isinstance(cells, dict) and not cells.keys().isdisjoint(State)
        by_value = dict.fromkeys(values or [""], cells) if is_one else cells
        yield from (
            (Place(noun, name, value), by_value.get(value)) for value in dict.fromkeys((*values, *by_value))
        )


def _problems(place: Place, cell: Any, heuristics: Mapping[str, Heuristic], ledger: Ledger) -> Iterator[str]:
    """What is wrong with a cell of the file, and what to write."""
    known = heuristics.get(place.heuristic)
    states = [each for each in State if isinstance(cell, dict) and each in cell]
    if known is None:
        yield f"no heuristic {place.heuristic!r}{hint_of_known(place.heuristic, heuristics)}"
    elif place.value not in known.values:
        yield f"no value {place.value!r}{hint_of_known(place.value, known.values)}"
    elif len(states) != 1:
        yield f"has no state: write {_FORM}"
    else:
        keys = {states[0].value, "is"} - ({"is"} if states[0] is State.UNREACHABLE else set())
        if cell.keys() != keys:
            yield f"has other keys than {', '.join(sorted(keys))}: write {_FORM}"
        if states[0] is not State.UNREACHABLE:
            yield from _dangling(states[0], cell[states[0]], ledger)


def _dangling(state: State, ids: Sequence[str], ledger: Ledger) -> Iterator[str]:
    """The ids that do not exist, and requirements that no request can show."""
    if not ids:
        yield f"names nothing: write {_FORM}"
    for name in ids:
        if state is State.UNSPECIFIED:
            if name not in ledger.facts or not ledger.facts[name].tags & {"gap", "contradiction"}:
                yield f"{name} is neither a gap (G-) nor a contradiction (X-) of facts.yaml"
        elif name not in ledger.by_id:
            yield f"no requirement {name}{hint_of_known(name, ledger.by_id)}"
        elif ledger.by_id[name].untestable:
            yield f"{name} is untestable: write a requirement that a check decides"


def _cell(place: Place, cell: Mapping[str, Any]) -> Cell:
    state = next(each for each in State if each in cell)
    if state is State.UNREACHABLE:
        return Cell(place=place, state=state, says=cell[state])
    return Cell(place=place, state=state, says=cell["is"], ids=tuple(cell[state]))


@cache
def _load() -> Cells:
    return Cells.parse(FILE.read_text(encoding="utf-8"), Ledger.load())
