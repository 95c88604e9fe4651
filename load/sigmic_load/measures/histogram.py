"""A histogram with logarithmic slots: bounded in size, at most 1 % wrong, and exact when two are added.

A slot is 2 % wider than the one below it and represents its middle, so a quantile is at most 1 % off for any
range. Count, sum, least and most are exact. Slots are the same in every process. So adding the histograms of
two processes, or subtracting an earlier state from a later one, only adds or subtracts counts, and loses
nothing. Locust's own percentiles cannot do this, because they are rounded to two digits.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

GROWTH = 1.02
RELATIVE_ERROR = (GROWTH - 1) / (GROWTH + 1)
"""The largest error of a quantile, as a share of it."""
SMALLEST = 1e-6
"""Values up to this one (a microsecond, if values are seconds) are counted as 0."""
_SCALE = math.log(GROWTH)


@dataclass(slots=True)
class Histogram:
    """Values of at least 0, in the unit of the measure."""

    slots: dict[int, int] = field(default_factory=dict)
    nothing: int = 0
    """How many values were not above `SMALLEST`."""
    count: int = 0
    total: float = 0.0
    least: float = math.inf
    most: float = 0.0

    def add(self, value: float, times: int = 1) -> None:
        """Record a value, or the same value several times."""
        if value > SMALLEST:
            slot = math.ceil(math.log(value) / _SCALE)
            self.slots[slot] = self.slots.get(slot, 0) + times
        else:
            self.nothing += times
        self.count += times
        self.total += value * times
        self.least = min(self.least, value)
        self.most = max(self.most, value)

    def merge(self, other: "Histogram") -> None:
        """Add the values of another histogram."""
        for slot, times in other.slots.items():
            self.slots[slot] = self.slots.get(slot, 0) + times
        self.nothing += other.nothing
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)

    def since(self, earlier: "Histogram") -> "Histogram":
        """Return the values after `earlier`, a former state. Least and most are as exact as slots."""
        later = Histogram(
            slots={
                slot: times - earlier.slots.get(slot, 0)
                for slot, times in self.slots.items()
                if times > earlier.slots.get(slot, 0)
            },
            nothing=self.nothing - earlier.nothing,
            count=self.count - earlier.count,
            total=self.total - earlier.total,
        )
        if later.count:
            later.least = 0.0 if later.nothing else middle(min(later.slots))
            later.most = min(self.most, middle(max(later.slots))) if later.slots else 0.0
        return later

    def copy(self) -> "Histogram":
        """Return an independent copy."""
        copied = Histogram()
        copied.merge(self)
        return copied

    def quantile(self, share: float) -> float | None:
        """Return the value that `share` (0 to 1) of all values do not exceed; None without values."""
        if not self.count:
            return None
        rank = max(1, math.ceil(share * self.count))
        if rank >= self.count:
            return self.most
        for value, reached in self.cumulated():
            if reached >= rank:
                return min(max(value, self.least), self.most)
        return self.most

    @property
    def mean(self) -> float | None:
        """The average; None without values."""
        return self.total / self.count if self.count else None

    def cumulated(self) -> Iterator[tuple[float, int]]:
        """Yield the middle of each used slot, ascending, and how many values are at most that."""
        reached = self.nothing
        if self.nothing:
            yield 0.0, reached
        for slot in sorted(self.slots):
            reached += self.slots[slot]
            yield middle(slot), reached

    def to_wire(self) -> dict[str, Any]:
        """Return it as plain values for JSON and msgpack."""
        return {
            "slots": sorted(self.slots.items()),
            "nothing": self.nothing,
            "count": self.count,
            "total": self.total,
            "least": self.least if self.count else 0.0,
            "most": self.most,
        }

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Self:
        """Return the histogram that `to_wire` encoded."""
        return cls(
            slots={int(slot): int(times) for slot, times in wire["slots"]},
            nothing=wire["nothing"],
            count=wire["count"],
            total=wire["total"],
            least=wire["least"] if wire["count"] else math.inf,
            most=wire["most"],
        )


def middle(slot: int) -> float:
    """Return the geometric middle of a slot, the value that it represents."""
    return 2 * GROWTH**slot / (GROWTH + 1)
