"""The heuristics of a tester as functions: each finds values of one heuristic in a run. Pure.

A counter declares in `values` what it can find, so that uncounted cells are known without a run.
"""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sigmic_conformance.conformance.model.cells.facts import Facts
from sigmic_conformance.conformance.transcript.transcript import Exchange

Find = Callable[[Facts], Iterator[Exchange]]
"""Yields an exchange for each occurrence."""
BUFFER = 4096
"""Usual buffer sizes are multiples of this."""
CONTINUES = 0b1000_0000
FEWEST_IN_ORDER = 3
"""A shorter sequence has no middle."""
ONE_VALUE = {"spelling": "other", "view": "several", "end": "after", "cut": "middle"}
"""The heuristics that have one value."""


class Counter(ABC):
    """Finds values of a heuristic in a run."""

    values: frozenset[str]
    """The values that it can find."""

    @abstractmethod
    def __call__(self, facts: Facts) -> Iterator[tuple[str, Exchange]]:
        """Yield each value that it finds, with the exchange that shows it, as often as it finds it."""


class Numbers(Counter):
    """`of` yields the number of things in one place; `many` and `too_many` can be None."""

    def __init__(
        self,
        of: Callable[[Facts], Iterator[tuple[Exchange, int]]],
        *,
        many: int | None = None,
        too_many: int | None = None,
        least: int = 0,
    ) -> None:
        self._of = of
        self._named = [("too_many", too_many), ("many", many), ("two", 2), ("one", 1), ("zero", 0)]
        self._named = [
            (name, number) for name, number in self._named if number is not None and number >= least
        ]
        self.values = frozenset(name for name, _ in self._named)

    def __call__(self, facts: Facts) -> Iterator[tuple[str, Exchange]]:
        """A number below `many` counts as a few."""
        for exchange, number in self._of(facts):
            found = next((name for name, least in self._named if least is not None and number >= least), None)
            if found is not None:
                yield found, exchange


@dataclass(frozen=True)
class Sizes(Counter):
    """`of` yields texts, or numbers of bytes."""

    of: Callable[[Facts], Iterator[tuple[Exchange, str | int]]]
    large: int
    small: int = 1
    values: frozenset[str] = frozenset({"nothing", "small", "large", "at_an_edge"})

    def __call__(self, facts: Facts) -> Iterator[tuple[str, Exchange]]:
        """A large one may also be at an edge."""
        for exchange, thing in self.of(facts):
            # Most sizes are far from every named value: only the others are encoded.
            size = thing if isinstance(thing, int) else len(thing)
            if isinstance(thing, str) and size > self.small:
                size = len(thing.encode(errors="replace"))
            found = {
                "nothing": size == 0,
                "small": 0 < size <= self.small,
                "large": size >= self.large,
                "at_an_edge": is_at_an_edge(thing, size),
            }
            yield from ((name, exchange) for name, is_so in found.items() if is_so and name in self.values)


def is_inside_a_character(byte: int) -> bool:
    """True for a byte of UTF-8 with which no character begins."""
    return byte & 0b1100_0000 == CONTINUES


def is_at_an_edge(thing: str | int, size: int) -> bool:
    """Whether it is within one byte of a multiple of a buffer, or has a character across such an edge."""
    if size < BUFFER - 1:
        return False
    if min(size % BUFFER, -size % BUFFER) <= 1:
        return True
    if isinstance(thing, int) or thing.isascii():
        return False
    body = thing.encode(errors="replace")
    return any(is_inside_a_character(body[edge]) for edge in range(BUFFER, len(body), BUFFER))


@dataclass(frozen=True)
class Order(Counter):
    """`of` yields the things of one place in their order, each as the exchange that shows it."""

    of: Callable[[Facts], Iterator[Sequence[Exchange]]]
    values = frozenset({"first", "middle", "last"})

    def __call__(self, facts: Facts) -> Iterator[tuple[str, Exchange]]:
        """Yields the values of each place."""
        for things in self.of(facts):
            if len(things) >= FEWEST_IN_ORDER:
                yield "first", things[0]
                yield "middle", things[1]
                yield "last", things[-1]


class Again(Counter):
    """`of` yields the things of one place, each with its key for comparison."""

    values = frozenset({"again"})

    def __init__(self, of: Callable[[Facts], Iterator[Sequence[tuple[Exchange, Hashable]]]]) -> None:
        self._of = of

    def __call__(self, facts: Facts) -> Iterator[tuple[str, Exchange]]:
        """Yields the values of each place."""
        for things in self._of(facts):
            yield from (("again", each) for each in repeated(things))


def repeated(things: Iterable[tuple[Exchange, Hashable]]) -> Iterator[Exchange]:
    """The things that are equal to an earlier one."""
    seen: set[Hashable] = set()
    for exchange, key in things:
        if key in seen:
            yield exchange
        seen.add(key)


@dataclass(frozen=True)
class Names(Counter):
    """`of` yields the names of one place."""

    of: Callable[[Facts], Iterator[Sequence[tuple[Exchange, str]]]]
    values: frozenset[str] = frozenset({"same", "nearly_same"})

    def __call__(self, facts: Facts) -> Iterator[tuple[str, Exchange]]:
        """Yields the values of each place."""
        for things in self.of(facts):
            by_name = {name: exchange for exchange, name in things}
            if "same" in self.values:
                yield from (("same", each) for each in repeated(things))
            if "nearly_same" in self.values:
                for one, other in pairwise(sorted(by_name, key=_folded)):
                    if are_near(one, other):
                        yield "nearly_same", by_name[other]


def are_near(one: str, other: str) -> bool:
    """Whether two names differ in case, form, a trailing dot, one character, or what one has in addition."""
    if one == other:
        return False
    first, second = _folded(one), _folded(other)
    if first == second or (first and second.startswith(first)):
        return True
    return len(first) == len(second) and sum(a != b for a, b in zip(first, second, strict=True)) == 1


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().rstrip(". ")


class When(Counter):
    """A function per value."""

    def __init__(self, **by_value: Find) -> None:
        self._by_value = by_value
        self.values = frozenset(by_value)

    def __call__(self, facts: Facts) -> Iterator[tuple[str, Exchange]]:
        """Yields the values one by one."""
        for value, find in self._by_value.items():
            yield from ((value, exchange) for exchange in find(facts))


Noun = Mapping[str, Sequence[Counter]]
"""The counters of a noun, by heuristic."""


def noun(**heuristics: Counter | Sequence[Counter] | Find) -> Noun:
    """The counters of a noun: one or several per heuristic; for a heuristic with one value, its function."""
    found: dict[str, Sequence[Counter]] = {}
    for name, given in heuristics.items():
        if isinstance(given, Counter):
            found[name] = (given,)
        elif isinstance(given, Sequence):
            found[name] = given
        else:
            found[name] = (When(**{ONE_VALUE[name]: given}),)
    return found
