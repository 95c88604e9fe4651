"""Measures how late this process runs, by a timer that is set every 10 ms.

A heartbeat that lay in the socket while our loop was busy is not the server's delay. The timer has the
highest priority, so it rings before the sockets of the same turn of the loop are read: their heartbeats are
corrected by the lag of that very turn.
"""

import gc
from collections.abc import Callable
from time import monotonic

from gevent import get_hub

TICK = 0.01


class OwnLag:
    """`now` is the lag of the current turn in seconds; `record` gets each one."""

    def __init__(self, record: Callable[[float], None]) -> None:
        self._record = record
        self._due = 0.0
        self._timer = get_hub().loop.timer(TICK, TICK, priority=2)
        self.now = 0.0

    def start(self) -> None:
        """Begin to measure."""
        self._due = monotonic() + TICK
        self._timer.start(self._ring)

    def stop(self) -> None:
        """Measure no more. Idempotent."""
        self._timer.stop()

    def _ring(self) -> None:
        now = monotonic()
        self.now = max(0.0, now - self._due)
        self._due = now + TICK
        self._record(self.now)


def relax_collector() -> None:
    """Collect garbage rarely: with ten thousand streams a full collection delays every heartbeat it meets."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
