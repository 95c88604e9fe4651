"""The only owner of background work: `close` awaits or cancels everything that it started."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from sigmic_mock.runtime.failing_parts import log_failure

log = logging.getLogger(__name__)


class BackgroundWork:
    """Starts and ends background work. Invariant: nothing else in the platform calls `create_task`."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the running work, to explain why the server does not end."""
        return tuple(sorted(task.get_name() for task in self._running))

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        """Run `work` on the event loop; an exception in it is always logged with `name`."""
        if self._closed:
            work.close()
            raise RuntimeError(f"{name}: the server is closing")
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self, timeout: float = 5.0) -> None:
        """Cancel everything and wait up to `timeout` real seconds for it to end. Idempotent."""
        self._closed = True
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(tuple(self._running), timeout=timeout)
        if self._running:
            log.error("background work did not end", extra={"work": self.names})

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_failure(log, error, "background work failed: %s", task.get_name())
