"""The table of nouns by heuristics: in a cell, requirements apply, no page speaks, or no request gets there.

`cells.yaml` is the only list. A run counts the covered cells that it reached. A loaded table is complete:
every noun has every value of every heuristic, and every name in it exists. Otherwise `CellsError` is raised.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import yaml

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
        reader = _Reader(heuristics, ledger)
        cells = {cell.place: cell for cell in reader.cells(tree["nouns"])}
        if reader.problems:
            lines = (
                f"{FILE.name}:{_line(text, path)}: {'/'.join(path)}: {told}" for path, told in reader.problems
            )
            raise CellsError("\n".join(lines))
        return cls(
            heuristics=MappingProxyType(heuristics),
            nouns=MappingProxyType({name: noun["is"] for name, noun in tree["nouns"].items()}),
            cells=MappingProxyType(cells),
        )

    def at(self, noun: str, heuristic: str, value: str) -> Cell:
        """The cell at a place; KeyError if there is none."""
        return self.cells[Place(noun, heuristic, value)]

    def of(self, state: State) -> tuple[Cell, ...]:
        """The cells of a state, in the order of the file."""
        return tuple(each for each in self.cells.values() if each.state is state)


class _Reader:
    """Reads the cells of a tree and collects the errors, each with its keys in the file."""

    def __init__(self, heuristics: Mapping[str, Heuristic], ledger: Ledger) -> None:
        self._heuristics = heuristics
        self._ledger = ledger
        self.problems: list[tuple[tuple[str, ...], str]] = []

    def cells(self, nouns: Mapping[str, Any]) -> Iterator[Cell]:
        for noun, told in nouns.items():
            given = told["cells"]
            for heuristic in given.keys() - self._heuristics.keys():
                self._refuse(
                    (noun, heuristic),
                    f"no heuristic {heuristic!r}{hint_of_known(heuristic, self._heuristics)}",
                )
            for heuristic, values in self._values(given).items():
                for value in values.keys() - self._heuristics[heuristic].values.keys():
                    known = self._heuristics[heuristic].values
                    self._refuse((noun, heuristic, value), f"no value {value!r}{hint_of_known(value, known)}")
                for value in self._heuristics[heuristic].values:
                    yield self._cell(Place(noun, heuristic, value), values.get(value))

    def _values(self, given: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
        """The given cells of each heuristic by value; one cell can apply to all values."""
        found = {}
        for name, heuristic in self._heuristics.items():
            cell = given.get(name, {})
            is_one = isinstance(cell, dict) and cell.keys() & set(State)
            found[name] = dict.fromkeys(heuristic.values, cell) if is_one else cell
        return found

    def _cell(self, place: Place, given: Any) -> Cell:
        path = (place.noun, place.heuristic, place.value)
        states = [each for each in State if isinstance(given, dict) and each.value in given]
        if len(states) != 1:
            self._refuse(path, f"has no state: write {_FORM}")
            return Cell(place=place, state=State.UNREACHABLE, says="")
        state = states[0]
        if state is State.UNREACHABLE:
            says, ids = given[state], ()
        else:
            says, ids = given.get("is"), tuple(given[state])
            self._check(path, state, ids)
        wanted = {state.value} | ({"is"} if state is not State.UNREACHABLE else set())
        if not isinstance(says, str) or given.keys() != wanted:
            self._refuse(path, f"has other keys than {', '.join(sorted(wanted))}: write {_FORM}")
        return Cell(place=place, state=state, says=str(says), ids=ids)

    def _check(self, path: tuple[str, ...], state: State, ids: tuple[str, ...]) -> None:
        """Refuse ids that do not exist, and requirements that no request can show."""
        rows, facts = self._ledger.by_id, self._ledger.facts
        if not ids:
            self._refuse(path, f"names nothing: write {_FORM}")
        for name in ids:
            if state is State.COVERED:
                if name not in rows:
                    self._refuse(path, f"no requirement {name}{hint_of_known(name, rows)}")
                elif rows[name].untestable:
                    self._refuse(path, f"{name} is untestable: write a requirement that a check decides")
            elif name not in facts or not facts[name].tags & {"gap", "contradiction"}:
                self._refuse(path, f"{name} is neither a gap (G-) nor a contradiction (X-) of facts.yaml")

    def _refuse(self, path: tuple[str, ...], problem: str) -> None:
        self.problems.append((path, problem))


def _line(text: str, path: tuple[str, ...]) -> int:
    """The line of a cell, or of the last of its keys that is in the file."""
    node, line = yaml.compose(text, Loader=yaml.SafeLoader), 1
    for key in ("nouns", path[0], "cells", *path[1:]):
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        found = next((pair for pair in pairs if pair[0].value == key), None)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


@cache
def _load() -> Cells:
    return Cells.parse(FILE.read_text(encoding="utf-8"), Ledger.load())
