"""Compute how late a heartbeat is: by how much it is farther from the one before than a period.

A client's timeout counts from the last byte, too. The first heartbeat is measured from the opening; servers
may send it earlier, to spread many streams (G-50). A target whose period is a little longer is late by that
little each time, however long it runs: its period is a measure of its own.
"""

from dataclasses import dataclass

PERIOD = 15.0
EARLY = 0.05
"""The next heartbeat may be early by this share of a period, and the one before is missing all the same."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat: how late it is and those missing before it are, and the time since the last.

    `gap` is None for the first one.
    """

    lateness: float
    missed: tuple[float, ...]
    gap: float | None
    periods: int
    """1, and those of the heartbeats that are missing since the last one."""


@dataclass(slots=True)
class Rhythm:
    """One stream. `last` is when it opened, then when a heartbeat came, in seconds of one monotonic clock."""

    last: float
    period: float = PERIOD
    _has_beaten: bool = False
    _missed: int = 0
    """How many heartbeats are missing since the last one."""

    def beat(self, at: float, lag: float = 0.0) -> Beat:
        """Record a heartbeat that was read at `at`, and came at most `lag` seconds before."""
        missed = tuple(self.missed(at - lag + EARLY * self.period))
        gap = at - self.last if self._has_beaten else None
        beat = Beat(self.overdue(at), missed, gap, 1 + self._missed)
        self.last, self._has_beaten, self._missed = at, True, 0
        return beat

    def missed(self, now: float) -> list[float]:
        """Count every heartbeat that is a whole period late as missing; return how late each is."""
        late = []
        while (lateness := now - self._due) >= self.period:
            late.append(lateness)
            self._missed += 1
        return late

    def overdue(self, now: float) -> float:
        """Return how late the next heartbeat is already; 0 if it is not due."""
        return max(0.0, now - self._due)

    @property
    def _due(self) -> float:
        return self.last + (1 + self._missed) * self.period
