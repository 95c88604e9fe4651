"""An event loop that a crowd does not hold up: what is ready is served a few at a time, timers in between.

asyncio calls back for everything that is ready and only then looks at its timers again. Twenty uploads, or a
thousand readers that come or go at once, would make every heartbeat late by all that is done for them.
"""

import asyncio
import selectors
import time
from collections import deque
from collections.abc import Callable

_LONG = 0.003
"""Processor seconds of one pass of the loop after which fewer sockets are served in the next one."""
_MOST = 32
"""Sockets served in a pass even when they take no time."""
_NEVER = float("inf")


class FairSelector(selectors.DefaultSelector):
    """The system's selector; tells of a few sockets at a time and keeps the others for the next calls.

    How many depends on what the passes before took: one that took long halves it, any other adds one. What a
    socket causes is done in the pass after (a task wakes up), so that no pass can be judged beforehand.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[tuple[selectors.SelectorKey, int]] = deque()
        self._share = _MOST
        self._returned = time.thread_time()
        self._limit = _NEVER
        self._passed: Callable[[float, float, float], None]
        self.busy_since = _NEVER
        """When the pass that is on began, by `time.perf_counter`; infinite while the loop waits."""

    def watch(self, seconds: float, passed: Callable[[float, float, float], None]) -> None:
        """Call `passed` after each longer pass: when it began, its seconds, its processor seconds."""
        self._limit, self._passed = seconds, passed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; waits only when nothing is held."""
        used = time.thread_time() - self._returned
        taken = time.perf_counter() - self.busy_since
        if taken > self._limit:
            self._passed(self.busy_since, taken, used)
        self._share = max(1, self._share // 2) if used > _LONG else min(_MOST, self._share + 1)
        self.busy_since = _NEVER
        ready = self._take() if self._held else self._poll(timeout)
        self._returned = time.thread_time()
        self.busy_since = time.perf_counter()
        return ready

    def _poll(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(timeout)
        self._held.extend(ready[self._share :])
        return ready[: self._share]

    def _take(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Take the next ones. What was closed or changed since is left out: if ready, it is told of again."""
        ready: list[tuple[selectors.SelectorKey, int]] = []
        registered = self.get_map()
        while self._held and len(ready) < self._share:
            key, events = self._held.popleft()
            if registered.get(key.fd) is key:
                ready.append((key, events))
        return ready


class FairLoop(asyncio.SelectorEventLoop):
    """A new event loop; its `passes` can be watched."""

    def __init__(self) -> None:
        self.passes = FairSelector()
        super().__init__(self.passes)
