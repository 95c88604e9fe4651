"""Measure how late the measuring process itself is: the delay of a timer that is due every 10 ms."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

_TICK = 0.01


@contextmanager
def own_lag() -> Iterator[list[float]]:
    """Return the list to which each lag of this event loop, in milliseconds, is added inside the context."""
    loop = asyncio.get_running_loop()
    found: list[float] = []
    pending: list[asyncio.TimerHandle] = []

    def ring(due: float) -> None:
        now = loop.time()
        found.append(max(0.0, now - due) * 1000)
        pending[:] = [loop.call_at(now + _TICK, ring, now + _TICK)]

    ring(loop.time())
    try:
        yield found
    finally:
        pending[0].cancel()
