"""The heuristics of a tester as functions: each finds values of one heuristic in a run. Pure.

A counter says by `values` what it can find, so that a cell that nothing counts is known without a run.
"""

import unicodedata
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from sigmic_conformance.conformance.model.cells.facts import Facts

Found = Iterator[tuple[str, str]]
"""A value of the heuristic, and the probe whose traffic shows it."""
BUFFER = 4096
"""Buffers are multiples of this."""
FEWEST_IN_ORDER = 3
"""Among fewer there is no middle."""


class Counter(Protocol):
    """Finds values of a heuristic in a run."""

    @property
    def values(self) -> frozenset[str]:
        """The values that it can find."""

    def __call__(self, facts: Facts) -> Found:
        """Yield each value that it finds, with its probe, as often as it finds it."""


@dataclass(frozen=True)
class Numbers:
    """`of` yields how many there are in one place; `many` or `too_many` is None if it has no number."""

    of: Callable[[Facts], Iterator[tuple[str, int]]]
    many: int | None = None
    too_many: int | None = None
    least: int = 0

    @property
    def values(self) -> frozenset[str]:
        """Those that have a number."""
        lacks = {"many": self.many is None, "too_many": self.too_many is None, "zero": self.least > 0}
        return frozenset({"zero", "one", "two", "many", "too_many"} - {name for name in lacks if lacks[name]})

    def __call__(self, facts: Facts) -> Found:
        """What is less than many are a few."""
        for probe, number in self.of(facts):
            if self.too_many is not None and number >= self.too_many:
                yield "too_many", probe
            elif self.many is not None and number >= self.many:
                yield "many", probe
            elif number >= self.least:
                yield ("zero", "one", "two")[min(number, 2)], probe


@dataclass(frozen=True)
class Sizes:
    """`of` yields texts, or numbers of bytes."""

    of: Callable[[Facts], Iterator[tuple[str, str | int]]]
    large: int
    small: int = 1
    values: frozenset[str] = frozenset({"nothing", "small", "large", "at_an_edge"})

    def __call__(self, facts: Facts) -> Found:
        """A large one may be at an edge too."""
        for probe, thing in self.of(facts):
            # Most are far from everything that has a name: only the others are encoded.
            size = thing if isinstance(thing, int) else len(thing)
            if isinstance(thing, str) and size > self.small:
                size = len(thing.encode(errors="replace"))
            found = {
                "nothing": size == 0,
                "small": 0 < size <= self.small,
                "large": size >= self.large,
                "at_an_edge": is_at_an_edge(thing, size),
            }
            yield from ((name, probe) for name, is_so in found.items() if is_so and name in self.values)


def is_at_an_edge(thing: str | int, size: int) -> bool:
    """Whether it is a multiple of a buffer, one byte more or less, or has a character over such an edge."""
    if size < BUFFER - 1:
        return False
    if min(size % BUFFER, -size % BUFFER) <= 1:
        return True
    if isinstance(thing, int) or thing.isascii():
        return False
    body = thing.encode(errors="replace")
    return any(0x80 <= body[edge] < 0xC0 for edge in range(BUFFER, len(body), BUFFER))  # noqa: PLR2004  UTF-8


@dataclass(frozen=True)
class Order:
    """`of` yields the things of one place in their order, each with its probe and what it is compared by."""

    of: Callable[[Facts], Iterator[Sequence[tuple[str, Hashable]]]]
    values: frozenset[str] = frozenset({"first", "middle", "last", "again"})

    def __call__(self, facts: Facts) -> Found:
        """Of each place."""
        for things in self.of(facts):
            probes = [probe for probe, _ in things]
            if len(probes) >= FEWEST_IN_ORDER:
                yield "first", probes[0]
                yield from (("middle", probe) for probe in dict.fromkeys(probes[1:-1]))
                yield "last", probes[-1]
            seen: set[Hashable] = set()
            for probe, key in things:
                if key is not None and key in seen and "again" in self.values:
                    yield "again", probe
                seen.add(key)


ORDER_ALONE = frozenset({"first", "middle", "last"})


@dataclass(frozen=True)
class Names:
    """`of` yields the names of one place, each with its probe."""

    of: Callable[[Facts], Iterator[Sequence[tuple[str, str]]]]
    values: frozenset[str] = frozenset({"same", "nearly_same"})

    def __call__(self, facts: Facts) -> Found:
        """Of each place."""
        for things in self.of(facts):
            probes = {name: probe for probe, name in things}
            if len(probes) < len(things) and "same" in self.values:
                yield "same", things[-1][0]
            ordered = sorted(probes, key=_folded)
            yield from (
                ("nearly_same", probes[other]) for one, other in pairwise(ordered) if are_near(one, other)
            )


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


@dataclass(frozen=True)
class When:
    """By value a function that yields a probe whenever it is so."""

    by_value: Mapping[str, Callable[[Facts], Iterator[str]]]

    @property
    def values(self) -> frozenset[str]:
        """Those that have a function."""
        return frozenset(self.by_value)

    def __call__(self, facts: Facts) -> Found:
        """Each value in turn."""
        for value, probes in self.by_value.items():
            yield from ((value, probe) for probe in probes(facts))


@dataclass(frozen=True)
class Both:
    """Two counters of one heuristic, with different values."""

    one: Counter
    other: Counter
    values: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Both have their values."""
        object.__setattr__(self, "values", self.one.values | self.other.values)

    def __call__(self, facts: Facts) -> Found:
        """The first one, then the other."""
        yield from self.one(facts)
        yield from self.other(facts)


Noun = Mapping[str, Counter]
"""The counters of a noun, by heuristic."""
