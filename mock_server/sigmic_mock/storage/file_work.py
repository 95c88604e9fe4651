"""Run file work in a thread: cancelling the await waits until the thread has ended.

Otherwise a cancelled request would remove its directory while a thread still writes into it.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """Raised inside the thread after a request to stop."""


class StopSignal:
    """Tells the work in a thread that its result is no longer needed."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Request the work to stop."""
        self._event.set()

    def check(self) -> None:
        """Raise `Stopped` after a request to stop; long work calls this every few milliseconds."""
        if self._event.is_set():
            raise Stopped


async def in_thread(work: Callable[[StopSignal], T]) -> T:
    """Run `work` in a thread. If cancelled, signal it, wait until it has ended, then raise."""
    stop = StopSignal()
    running = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await _ended(running)
        raise


async def to_the_end(work: Callable[[], T]) -> T:
    """Run `work` in a thread and let it finish even if cancelled, for cleaning up."""
    return await in_thread(lambda _: work())


async def _ended(running: asyncio.Future[T]) -> None:
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError:
            continue  # cancelled again; the work is ending already
    if not running.cancelled():
        running.exception()  # mark as retrieved: the caller gets the cancellation instead
