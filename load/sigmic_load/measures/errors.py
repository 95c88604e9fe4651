"""What failed and why: one row per operation and reason, the same in every process, so that rows add up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST = 100
"""The largest number of rows: a target that words every refusal differently must not fill the memory."""
OTHERS = "other reasons"


@dataclass(slots=True)
class Times:
    """How often, and the first and last time in epoch seconds."""

    count: int
    first: float
    last: float


@dataclass(slots=True)
class Errors:
    """The table."""

    rows: dict[tuple[str, str], Times] = field(default_factory=dict)

    def note(self, operation: str, reason: str, at: float) -> None:
        """Record one failure."""
        self._add(operation, reason, Times(1, at, at))

    def _add(self, operation: str, reason: str, times: Times) -> None:
        key = (operation, reason)
        if key not in self.rows and len(self.rows) >= MOST:
            key = (operation, OTHERS)
        row = self.rows.get(key)
        if row is None:
            self.rows[key] = times
            return
        row.count += times.count
        row.first = min(row.first, times.first)
        row.last = max(row.last, times.last)

    def merge(self, wire: list[Any]) -> None:
        """Add the failures of another process."""
        for operation, reason, count, first, last in wire:
            self._add(operation, reason, Times(count, first, last))

    def to_wire(self) -> list[Any]:
        """Return the rows as plain values for JSON and msgpack."""
        return [[*key, row.count, row.first, row.last] for key, row in self.rows.items()]

    def most_frequent(self) -> Iterator[tuple[str, str, Times]]:
        """Yield operation, reason and times, the most frequent first."""
        for (operation, reason), row in sorted(self.rows.items(), key=lambda it: (-it[1].count, it[0])):
            yield operation, reason, row
