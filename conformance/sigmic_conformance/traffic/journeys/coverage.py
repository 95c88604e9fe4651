"""Which pairs and triples of values a step covers, as bits of one number.

A turn is observed in more than one state and by more than one caller, so a step covers the product of the
values that occur in it.
"""

import functools
import itertools
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from sigmic_conformance.traffic.journeys.covering import Row
from sigmic_conformance.traffic.journeys.journey import OWNERS, states_of
from sigmic_conformance.traffic.journeys.reachable_situations import ReachableSituations
from sigmic_spec.situations import Situations, Value

Combination = tuple[Value, ...]


class Combinations:
    """The pairs, and if requested the triples, that can occur together on this target."""

    def __init__(self, situations: Situations, offered: ReachableSituations, *, triples: bool) -> None:
        self.wanted: tuple[Combination, ...] = tuple(
            each
            for each in (*situations.pairs(), *(situations.triples_of_values() if triples else ()))
            if not any(value in offered.missing for value in each)
        )
        self._bits = {each: 1 << number for number, each in enumerate(self.wanted)}
        self._by_dimensions: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
        for each, bit in self._bits.items():
            names = tuple(value.dimension for value in each)
            self._by_dimensions.setdefault(names, {})[tuple(value.value for value in each)] = bit
        self._with: dict[str, list[tuple[tuple[str, ...], dict[tuple[str, ...], int]]]] = {}
        for names, known in self._by_dimensions.items():
            for name in names:
                self._with.setdefault(name, []).append((names, known))
        self.all = (1 << len(self.wanted)) - 1

    def bits(self, occurs: Mapping[str, Collection[str]], *, of: str | None = None) -> int:
        """The combinations of values that occur together, by dimension; `of` selects one dimension."""
        found = 0
        for names, known in self._by_dimensions.items() if of is None else self._with.get(of, ()):
            for values in itertools.product(*(occurs.get(name, ()) for name in names)):
                found |= known.get(values, 0)
        return found

    def named(self, bits: int) -> Iterator[Combination]:
        """The combinations of these bits, in the order of the list."""
        return (each for each, bit in self._bits.items() if bits & bit)


class Coverage:
    """The bits that each row covers at a place in the life of a task, computed once per place."""

    def __init__(self, combinations: Combinations, rows: Sequence[Row], others: tuple[str, ...]) -> None:
        self._combinations = combinations
        self._rows = rows
        self._others = others
        self._at: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._known: dict[tuple[str, str, str], tuple[int, ...]] = {}

    def at(self, place: Mapping[str, str], owner: str) -> tuple[int, ...]:
        """The bits of every row, in order, at a place: a value of each dimension of `LIFE`."""
        key = (owner, *place.values())
        if key not in self._at:
            alone = self._combinations.bits({name: (value,) for name, value in place.items()})
            beside = [self._beside_value(owner, name, value) for name, value in place.items()]
            columns = zip(self._alone(owner), *beside, strict=True)
            self._at[key] = tuple(functools.reduce(operator.or_, each, alone) for each in columns)
        return self._at[key]

    def _alone(self, owner: str) -> tuple[int, ...]:
        """The bits of the rows wherever they are placed."""
        return self._of_rows((owner, "", ""), self._combinations.bits)

    def _beside_value(self, owner: str, name: str, value: str) -> tuple[int, ...]:
        """The bits of the rows combined with one value of the place."""
        return self._of_rows(
            (owner, name, value), lambda each: self._combinations.bits(each | {name: (value,)}, of=name)
        )

    def _of_rows(
        self, key: tuple[str, str, str], bits: Callable[[dict[str, Collection[str]]], int]
    ) -> tuple[int, ...]:
        if key not in self._known:
            self._known[key] = tuple(
                functools.reduce(operator.or_, map(bits, occurrences(row, key[0], self._others)))
                for row in self._rows
            )
        return self._known[key]


def occurrences(
    choices: Mapping[str, str], owner: str, others: Collection[str]
) -> Iterator[dict[str, Collection[str]]]:
    """What occurs together in a step: callers that read the task in each state, and each page of a list."""
    fixed: dict[str, Collection[str]] = {
        name: (value,) for name, value in choices.items() if name not in {"caller", "state", "page"}
    }
    mine, states = OWNERS[owner], states_of(choices["state"])
    acting = choices["caller"] if choices["caller"] in mine else mine[0]
    asked = (acting, *(each for each in others if each == choices["caller"]))
    yield fixed | {"caller": (*mine, *others), "state": states}
    yield fixed | {"caller": asked, "state": states, "page": (choices["page"],)}
