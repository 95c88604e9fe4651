"""Select the situations that each violation is confined to: drawn by seed from the reachable ones. Pure.

Round robin over violations; each picks the least-used values. So every violation is tried in several
situations, and every situation with several violations.
"""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sigmic_spec.situations import Situations, Value

SIZES = (1, 1, 2)
"""Numbers of dimensions of a violation's confinements, in turn; each violation starts at another place."""
SITUATION = "situation."
"""Prefix of a dimension, to distinguish it from a parameter of the same name."""
_NO_BOUNDS: Mapping[str, "Bounds"] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A violation could act on a probe's traffic in this situation: the values that held, by dimension."""

    fault: str
    probe: str
    situation: Mapping[str, Sequence[str]]
    count: int = 1
    """How often the probe reached it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The catalogue's limits of a violation: the conditions under which it fires and breaks its row."""

    conditions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def least(self) -> int:
        """How many occasions there must be before it acts."""
        return max(int(self.conditions.get(name, 1)) for name in ("nth", "every"))

    def allow(self, values: Sequence[Value]) -> bool:
        """Whether it can be confined to these values: they, and its own conditions, can occur together."""
        situations = Situations.load()
        chosen = {each.dimension: (each.value,) for each in values}
        own = {
            name.removeprefix(SITUATION): tuple(str(text).split("|"))
            for name, text in self.conditions.items()
            if name.removeprefix(SITUATION) in situations.dimensions
        }
        if any(not set(chosen.get(name, wanted)) <= set(wanted) for name, wanted in own.items()):
            return False
        every = list((own | chosen).items())
        return all(
            any(situations.is_possible({one: a, other: b}) for a, b in itertools.product(ones, others))
            for (one, ones), (other, others) in itertools.combinations(every, 2)
        )


_UNBOUND = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    """A violation confined to values of different dimensions, and the probes whose traffic triggers it."""

    fault: str
    values: tuple[Value, ...]
    probes: tuple[str, ...]

    def where(self, breaks: Mapping[str, str]) -> dict[str, str]:
        """The conditions to arm it with: its values, and elsewhere those under which it `breaks` its row.

        A parameter may have the name of a dimension.
        """
        dimensions = Situations.load().dimensions
        named = {
            f"{SITUATION}{name}" if name in dimensions else name: value for name, value in breaks.items()
        }
        return named | {f"{SITUATION}{each.dimension}": each.value for each in self.values}

    def __str__(self) -> str:
        return ",".join([self.fault, *map(str, self.values)])


@dataclass(slots=True)
class _Choices:
    """What is left to be drawn for one violation, by the number of dimensions."""

    left: Mapping[int, dict[tuple[Value, ...], tuple[str, ...]]]
    sizes: Iterator[int] = field(default_factory=lambda: itertools.cycle(SIZES))

    def begin_at(self, place: int) -> None:
        """Start at this place of `SIZES`."""
        self.sizes = itertools.cycle(SIZES[place:] + SIZES[:place])

    def take(
        self, used: Counter[Value], random: random.Random
    ) -> tuple[tuple[Value, ...], tuple[str, ...]] | None:
        """Take the confinement whose values were drawn least."""
        asked = next(self.sizes)
        size = asked if self.left[asked] else next((each for each in self.left if self.left[each]), None)
        if size is None:
            return None
        open_ = self.left[size]
        values = min(open_, key=lambda each: (sum(used[value] for value in each) / size, random.random()))
        return values, open_.pop(values)


def possible(
    occasions: Iterable[Occasion], bounds: Mapping[str, Bounds] = _NO_BOUNDS
) -> dict[str, dict[tuple[Value, ...], tuple[str, ...]]]:
    """Every confinement of each violation to one or two dimensions, with the probes that bring it about.

    The probes are sorted by how often they reach it, the most frequent first.

    `bounds`, by violation, exclude values that it cannot be armed with, or with too few occasions for it.
    """
    met: dict[str, dict[tuple[Value, ...], Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for occasion in occasions:
        for values in _confinements(occasion.situation):
            met[occasion.fault][values][occasion.probe] += occasion.count
    found: dict[str, dict[tuple[Value, ...], tuple[str, ...]]] = {}
    for fault, of in sorted(met.items()):
        bound = bounds.get(fault, _UNBOUND)
        allowed = {
            values: tuple(probe for probe, count in probes.most_common() if count >= bound.least)
            for values, probes in sorted(of.items())
            if bound.allow(values)
        }
        found[fault] = {values: probes for values, probes in allowed.items() if probes}
    return found


def draw(
    occasions: Iterable[Occasion], *, seed: int, most: int, bounds: Mapping[str, Bounds] = _NO_BOUNDS
) -> list[Confined]:
    """Draw up to `most` confined violations, or all that are possible; the same seed draws the same."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    choices = {
        fault: _Choices({size: {v: p for v, p in of.items() if len(v) == size} for size in set(SIZES)})
        for fault, of in possible(occasions, bounds).items()
    }
    turns = list(choices)
    chance.shuffle(turns)
    for number, fault in enumerate(turns):
        choices[fault].begin_at(number % len(SIZES))
    used: Counter[Value] = Counter()
    drawn: list[Confined] = []
    while turns and len(drawn) < most:
        for fault in list(turns):
            taken = choices[fault].take(used, chance)
            if taken is None:
                turns.remove(fault)
                continue
            values, probes = taken
            used.update(values)
            drawn.append(Confined(fault=fault, values=values, probes=probes))
            if len(drawn) == most:
                break
    return drawn


def _confinements(situation: Mapping[str, Sequence[str]]) -> Iterator[tuple[Value, ...]]:
    known = [[Value(name, value) for value in values] for name, values in sorted(situation.items())]
    for size in sorted(set(SIZES)):
        for dimensions in itertools.combinations(known, size):
            yield from itertools.product(*dimensions)
