"""Limit the rate of requests; lower it while the target throttles."""

import asyncio
import threading
import time
from collections.abc import Callable

FIRST_GAP = 0.05
LONGEST_GAP = 0.5
FASTER = 0.97
"""The factor on a gap caused by throttling, after each request that was not throttled."""


class Pace:
    """Limits the rate of requests; shared by the probes of a run, which run in two threads.

    `rate` is the most requests that start per second; None for no limit.
    """

    def __init__(self, rate: float | None = None, *, now: Callable[[], float] = time.monotonic) -> None:
        self._least = 0.0 if rate is None else 1 / rate
        self._gap = self._least
        self._next = 0.0
        self._pausing_until = 0.0
        self._now = now
        self._lock = threading.Lock()

    @property
    def is_limited(self) -> bool:
        """Whether requests wait for a slot: the profile has a rate, or the target has throttled."""
        return self._gap > 0

    def moment(self) -> float:
        """Reserve the next slot; returns the seconds until it starts."""
        with self._lock:
            now = self._now()
            at = max(now, self._next)
            self._next = at + self._gap
            return at - now

    async def turn(self) -> None:
        """Wait for the next slot; for a later one if the target throttles before it starts."""
        while (wait := self.moment()) > 0:
            await asyncio.sleep(wait)
            if self._now() >= self._pausing_until:
                return

    def throttled(self, pause: float) -> None:
        """The target asked for a pause: all requests pause, then continue at a lower rate."""
        with self._lock:
            now = self._now()
            if now >= self._pausing_until:
                # Several requests that were refused together lower the rate only once.
                self._gap = min(LONGEST_GAP, max(self._gap * 1.5, FIRST_GAP, self._least))
            self._pausing_until = max(self._pausing_until, now + pause)
            self._next = max(self._next, self._pausing_until)

    def let_through(self) -> None:
        """The target did not throttle: raise the rate slightly."""
        with self._lock:
            slower = self._gap * FASTER
            self._gap = slower if slower > max(self._least, FIRST_GAP / 4) else self._least
