"""Knows when this process could measure, by a timer that is due every 10 ms. Pure.

The event loop reads at most 64 sockets at a time, and after a stop it may first read none: the timer rings
again, on time, while most of what came then still lies in the sockets. So one late ring says nothing of
the heartbeats that are read after it. From a late ring on the process is *behind*, until the loop has found
nothing more to read. What it reads while it is behind came at some time since the last ring that was on time.
"""

from collections import deque
from dataclasses import dataclass, field
from math import inf

TICK = 0.01
BEHIND = 0.03
"""A ring that is so late may have left something in the sockets."""
STILL = 0.25
"""Who was behind for so long could not measure: those seconds are not judged."""
KEPT = 1000
"""Stalls that are remembered, to say whether a request lay in one."""


@dataclass(slots=True)
class Pulse:
    """All times are those of one monotonic clock, in seconds."""

    _due: float = inf
    _read_all: float = inf
    """When all that had come was read, as far as is known."""
    _lag: float = 0.0
    _since: float | None = None
    _stalls: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=KEPT))
    _stalled: float = 0.0
    """The seconds of all stalls that have ended."""

    def start(self, now: float) -> None:
        """Begin: the next ring is due in a tick."""
        self._stalls.clear()
        self._stalled = 0.0
        self._since, self._lag, self._read_all, self._due = None, 0.0, now, now + TICK

    def stop(self) -> None:
        """Nothing is due from now on."""
        self._due, self._since, self._lag = inf, None, 0.0

    @property
    def is_behind(self) -> bool:
        """True when something of former turns may still be unread."""
        return self._since is not None

    def ring(self, now: float) -> float:
        """Take a ring; returns how late it is."""
        self._lag = max(0.0, now - self._due)
        self._due = now + TICK
        if self._since is None:
            if self._lag > BEHIND:
                self._since = self._read_all
            else:
                self._read_all = now
        return self._lag

    def caught_up(self, now: float) -> tuple[float, float] | None:
        """Nothing is left to read; returns the stall that ends, from when to when, if it was one."""
        stall = self.cut(now)
        self._since = None
        return stall

    def cut(self, now: float) -> tuple[float, float] | None:
        """Return the stall so far, if there is one; what follows is another."""
        since = self._since
        if since is None and now - self._due >= STILL:
            since = self._read_all
        if since is None:
            return None
        self._since = self._read_all = now
        if now - since < STILL:
            return None
        self._stalls.append((since, now))
        self._stalled += now - since
        return since, now

    def behind(self, at: float) -> float:
        """Return how long something that is read now may have lain there."""
        if self._since is not None:
            return at - self._since
        return at - self._read_all if at - self._due >= BEHIND else max(self._lag, at - self._due, 0.0)

    def measured(self, now: float) -> float:
        """Return a clock that stands still with this process: what it shows could be measured."""
        behind = self.behind(now)
        return now - self._stalled - (behind if behind >= STILL else 0.0)

    def stood_still(self, start: float, end: float) -> bool:
        """Tell whether a stall, also one that continues, lies in this time or overlaps it."""
        return self.behind(end) >= STILL or any(start < ended for _, ended in self._stalls)

    def unmeasured(self, start: float, end: float) -> float:
        """Return how many seconds between the two could not be measured."""
        behind = self.behind(end)
        found = min(behind, end - start) if behind >= STILL else 0.0
        for began, ended in reversed(self._stalls):
            if ended <= start:
                break
            found += max(0.0, min(ended, end) - max(began, start))
        return found
