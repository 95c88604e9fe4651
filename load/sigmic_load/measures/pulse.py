"""Detects when this process could not measure, by a timer that is due every 10 ms. Pure.

The event loop reads at most 64 sockets at a time, and after a stop it may first read none. Then the timer
rings again, on time, while most of what arrived still lies in the sockets. So a late ring alone does not
show which heartbeats it delayed. From a late ring on the process is *behind*, until the loop has found
nothing more to read. What it reads while behind arrived at any time since the last ring on time.
"""

from collections import deque
from dataclasses import dataclass, field
from math import inf

TICK = 0.01
BEHIND = 0.03
"""Seconds. After a ring this late, something may be left in the sockets."""
STILL = 0.25
"""Seconds. A process that is behind for this long could not measure: it stood still."""
KEPT = 2000
"""The number of times behind that are stored, to bound what overlaps them."""


@dataclass(slots=True)
class Pulse:
    """All times are those of one monotonic clock, in seconds."""

    _due: float = inf
    _read_all: float = inf
    """When all that had arrived was read, as far as is known."""
    _lag: float = 0.0
    _since: float | None = None
    _spans: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=KEPT))
    """When it was behind, from when to when."""
    _stalled: float = 0.0
    """The seconds of all finished stalls."""

    def start(self, now: float) -> None:
        """Start: the next ring is due in one tick."""
        self._spans.clear()
        self._stalled = 0.0
        self._since, self._lag, self._read_all, self._due = None, 0.0, now, now + TICK

    def stop(self) -> None:
        """Stop: no ring is due."""
        self._due, self._since, self._lag = inf, None, 0.0

    @property
    def is_behind(self) -> bool:
        """True if data from earlier turns of the loop may still be unread."""
        return self._since is not None

    def ring(self, now: float) -> float:
        """Record a ring; return how late it is, in seconds."""
        self._lag = max(0.0, now - self._due)
        self._due = now + TICK
        if self._since is None:
            if self._lag > BEHIND:
                self._since = self._read_all
            else:
                self._read_all = now
        return self._lag

    def caught_up(self, now: float) -> tuple[float, float] | None:
        """Record that nothing is left to read. Return the stall that this ends, from when to when, if any."""
        stall = self.cut(now)
        self._since = None
        return stall

    def cut(self, now: float) -> tuple[float, float] | None:
        """Return the stall so far, or None. What follows is another stall."""
        since = self._since
        if since is None and now - self._due >= STILL:
            since = self._read_all
        if since is None:
            return None
        self._since = self._read_all = now
        self._spans.append((since, now))
        if now - since < STILL:
            return None
        self._stalled += now - since
        return since, now

    def behind(self, at: float) -> float:
        """Return for how many seconds something that is read at `at` may have waited in a socket."""
        if self._since is not None:
            return at - self._since
        return at - self._read_all if at - self._due >= BEHIND else max(self._lag, at - self._due, 0.0)

    def measured(self, now: float) -> float:
        """Return a clock that stops while this process cannot measure."""
        behind = self.behind(now)
        return now - self._stalled - (behind if behind >= STILL else 0.0)

    def unmeasured(self, start: float, end: float, least: float = STILL) -> float:
        """Return for how many seconds between the two it was behind, in times of at least `least`."""
        behind = self.behind(end)
        found = min(behind, end - start) if behind >= least else 0.0
        for began, ended in reversed(self._spans):
            if ended <= start:
                break
            if ended - began >= least:
                found += max(0.0, min(ended, end) - max(began, start))
        return found
