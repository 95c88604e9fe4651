"""The situations in which a statement of the ledger must hold: dimensions, and impossible combinations.

`situations.yaml` is the only list. The judge derives the situation of each observation from the recording,
journeys choose the situations to reach, and a fault can be restricted to some of them.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, Self

from sigmic_spec import data, strict_yaml

FILE = data.FOLDER / "situations.yaml"


class SituationsError(ValueError):
    """The list of situations contradicts itself, or a situation names something that is not in it."""


class Of(StrEnum):
    """What determines the value of a dimension."""

    TASK = "task"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One distinguishing property of situations; `values` has the criterion of each, the usual one first."""

    name: str
    about: str
    of: Of
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """One value of one dimension, written `session=restored`."""

    dimension: str
    value: str

    def __str__(self) -> str:
        return f"{self.dimension}={self.value}"


Pair = tuple[Value, Value]
Situation = tuple[tuple[str, str], ...]
"""Dimension and value, in the order of the list of situations."""
_CALLERS_OF_LISTS = frozenset({"bearer", "api_key", "end_user"})
"""Only relative to a task can a caller belong to another end user or project, and a list has no task."""


@dataclass(frozen=True, kw_only=True)
class Situations:
    """All dimensions, in the order of the file. Never changed after loading."""

    dimensions: Mapping[str, Dimension]
    impossible: Mapping[frozenset[Value], str]
    """Two values that cannot occur together, and why."""
    triples: tuple[str, ...]
    """The dimensions to try in triples: every three values together."""

    @classmethod
    def load(cls) -> "Situations":
        """Return the package's own list, read on the first call."""
        return _load()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a list; `SituationsError` if it refers to something that is not in it."""
        tree = strict_yaml.read(text)
        dimensions = {
            name: Dimension(
                name=name,
                about=entry["about"],
                of=Of(entry["of"]),
                values=MappingProxyType(
                    {str(value): sentence for value, sentence in entry["values"].items()}
                ),
            )
            for name, entry in tree["dimensions"].items()
        }
        listed = cls(
            dimensions=MappingProxyType(dimensions),
            impossible=MappingProxyType(dict(_impossible(tree["impossible"]))),
            triples=tuple(tree["triples"]),
        )
        for pair in listed.impossible:
            for each in pair:
                listed.check(each)
        if strangers := set(listed.triples) - set(dimensions):
            raise SituationsError(f"triples of unknown dimensions: {', '.join(sorted(strangers))}")
        return listed

    def value(self, text: str) -> Value:
        """Return the value for `dimension=value`; `SituationsError` if there is none."""
        dimension, _, value = text.partition("=")
        found = Value(dimension.strip(), value.strip())
        self.check(found)
        return found

    def check(self, value: Value) -> None:
        """Raise `SituationsError`, with the valid ones, unless the value exists."""
        dimension = self.dimensions.get(value.dimension)
        if dimension is None:
            raise SituationsError(
                f"no dimension is called {value.dimension!r}; there are {', '.join(self.dimensions)}"
            )
        if value.value not in dimension.values:
            raise SituationsError(
                f"{value.dimension} is never {value.value!r}; it is one of {', '.join(dimension.values)}"
            )

    def is_possible(self, situation: Mapping[str, str]) -> bool:
        """Return whether these values, by dimension, can occur together."""
        values = {Value(*each) for each in situation.items()}
        return all(values.isdisjoint(self._excluded_by.get(each, ())) for each in values)

    @cached_property
    def _excluded_by(self) -> Mapping[Value, set[Value]]:
        """For each value, the values that cannot occur together with it."""
        found: dict[Value, set[Value]] = {}
        for one, other in self.impossible:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
        return found

    def pairs(self) -> Iterator[Pair]:
        """Yield every two values of different dimensions that can occur together, in the file's order."""
        for first, second in itertools.combinations(self.dimensions.values(), 2):
            for one, other in itertools.product(first.values, second.values):
                pair = Value(first.name, one), Value(second.name, other)
                if frozenset(pair) not in self.impossible:
                    yield pair

    def pairs_of_an_answer(self) -> Iterator[Pair]:
        """Yield the pairs that one answer can have: plans and reports count these.

        A journey reads a page of the list in every situation of its task, but a list belongs to no task: its
        answer has only a caller and a page.
        """
        for pair in self.pairs():
            values = {each.dimension: each.value for each in pair}
            if "page" not in values or values.get("caller") in _CALLERS_OF_LISTS:
                yield pair

    def triples_of_values(self) -> Iterator[tuple[Value, Value, Value]]:
        """Yield every three values of the dimensions of `triples` that can occur together."""
        for names in itertools.combinations(self.triples, 3):
            for values in itertools.product(*(self.dimensions[name].values for name in names)):
                if self.is_possible(dict(zip(names, values, strict=True))):
                    one, two, three = itertools.starmap(Value, zip(names, values, strict=True))
                    yield one, two, three

    def unusual(self, situation: Situation) -> Situation:
        """Return the dimensions of a situation whose value is not the usual one."""
        return tuple(
            (name, value) for name, value in situation if value != next(iter(self.dimensions[name].values))
        )


def _impossible(entries: list[dict[str, Any]]) -> Iterator[tuple[frozenset[Value], str]]:
    for entry in entries:
        (first, ones), (second, others) = entry["between"].items()
        for one, other in itertools.product(ones, others):
            yield frozenset({Value(first, one), Value(second, other)}), entry["because"]


@cache
def _load() -> Situations:
    return Situations.parse(FILE.read_text(encoding="utf-8"))
