"""File work in a thread that is never left alone: cancelling the await waits for the thread to end.

Without this a cancelled request would remove its directory while a thread still writes into it.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """Raised inside the thread when the work was told to stop."""


class StopSignal:
    """Tells the work in a thread that nobody wants its result any more."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask the work to stop."""
        self._event.set()

    def check(self) -> None:
        """Raise `Stopped` when asked to; long work calls this between steps of a few milliseconds."""
        if self._event.is_set():
            raise Stopped


async def in_thread(work: Callable[[StopSignal], T]) -> T:
    """Run `work` in a thread. When cancelled, signal it and wait until it has ended, then be cancelled."""
    stop = StopSignal()
    running = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await _ended(running)
        raise


async def to_the_end(work: Callable[[], T]) -> T:
    """Run `work` in a thread and let it finish even when cancelled: for cleaning up."""
    return await in_thread(lambda _: work())


async def _ended(running: asyncio.Future[T]) -> None:
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError:
            continue  # asked once more; we are already on the way out
    if not running.cancelled():
        running.exception()  # retrieved: the caller hears of the cancellation instead
