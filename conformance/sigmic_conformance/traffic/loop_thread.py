"""An event loop on a separate thread, for callers that are not asynchronous."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar

T = TypeVar("T")

CLOSING_SECONDS = 5.0


class LoopThread:
    """Runs coroutines for callers of other threads; `close` cancels all of them, then ends the thread.

    As a context manager it closes at the end. The thread has the given name.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
        """Start a coroutine and return immediately."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine to its end; after `timeout` seconds it is cancelled and TimeoutError is raised."""
        future = self.submit(coroutine)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    def close(self) -> None:
        """Cancel what runs, end the loop and its thread; TimeoutError if a coroutine does not end."""
        self.submit(_drain()).result(CLOSING_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSING_SECONDS)
        self._loop.close()


async def _drain() -> None:
    """Cancel every other task of this loop and wait until it is over.

    A task that is only abandoned closes nothing: its sockets stay open until garbage collection.
    """
    current = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not current]
    for task in tasks:
        if not task.cancelling():  # a second cancellation would interrupt the clean-up of the first
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
