"""Which pairs and triples of values a step brings about, counted as bits of one number.

A turn is looked at in more than one state and by more than one caller, so a step covers the product of what
occurs in it. The pages of a list are looked at by the owner, all of them when the turn is over.
"""

import itertools
from collections.abc import Collection, Iterator, Mapping

from sigmic_conformance.conformance.journeys.journey import OWNERS, states_of
from sigmic_conformance.conformance.journeys.offer import Offer
from sigmic_conformance.spec.situations import Situations, Value

Combination = tuple[Value, ...]


class Combinations:
    """The pairs, and the triples when they are wanted, that can occur together on this target."""

    def __init__(self, situations: Situations, offered: Offer, *, triples: bool) -> None:
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
        self.all = (1 << len(self.wanted)) - 1

    def bits(self, occurs: Mapping[str, Collection[str]]) -> int:
        """The combinations among the values that occur together, by dimension."""
        found = 0
        for names, known in self._by_dimensions.items():
            for values in itertools.product(*(occurs.get(name, ()) for name in names)):
                found |= known.get(values, 0)
        return found

    def named(self, bits: int) -> Iterator[Combination]:
        """The combinations of these bits, in the order of the list."""
        return (each for each, bit in self._bits.items() if bits & bit)

    def values(self, bits: int) -> frozenset[Value]:
        """The values of which these combinations are."""
        return frozenset(value for each in self.named(bits) for value in each)


class Coverage:
    """The bits of steps, each worked out once: a layout asks for thousands of them."""

    def __init__(self, combinations: Combinations, others: tuple[str, ...], pages: Collection[str]) -> None:
        self._combinations = combinations
        self._others = others
        self._pages = pages
        self._known: dict[tuple[object, ...], int] = {}

    def of(self, choices: Mapping[str, str], life: Mapping[str, str], owner: str) -> int:
        """What a step brings about by its choices, in this place of the life of a task."""
        found = self._of_life(life)
        for name, value in life.items():
            found |= self._of_choices(choices, owner, name, value)
        return found

    def _of_life(self, life: Mapping[str, str]) -> int:
        key = tuple(life.values())
        if key not in self._known:
            self._known[key] = self._combinations.bits({name: (value,) for name, value in life.items()})
        return self._known[key]

    def _of_choices(self, choices: Mapping[str, str], owner: str, name: str, value: str) -> int:
        key = (owner, name, value, *choices.values())
        if key not in self._known:
            self._known[key] = 0
            for each in occurrences(choices, owner, self._others, self._pages):
                self._known[key] |= self._combinations.bits(each | {name: (value,)})
        return self._known[key]


def occurrences(
    choices: Mapping[str, str], owner: str, others: Collection[str], pages: Collection[str]
) -> Iterator[dict[str, Collection[str]]]:
    """What occurs together in a step: who looks at the task in which states, and at which pages of the list."""
    fixed: dict[str, Collection[str]] = {
        name: (value,) for name, value in choices.items() if name not in {"caller", "state", "page"}
    }
    mine, states = OWNERS[owner], states_of(choices["state"])
    asked = (*mine, *(each for each in others if each == choices["caller"]))
    yield fixed | {"caller": (*mine, *others), "state": states}
    yield fixed | {"caller": asked, "state": states, "page": (choices["page"],)}
    yield fixed | {"caller": mine, "state": states[-1:], "page": pages}
