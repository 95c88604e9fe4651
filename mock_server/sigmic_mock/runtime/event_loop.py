"""An event loop that stays responsive under load: it serves a few ready sockets at a time, then timers.

asyncio serves everything that is ready before it checks its timers again. Twenty uploads, or a thousand
readers that connect or leave at the same time, would delay every heartbeat by all the work for them.
"""

import asyncio
import logging
import selectors
import time
from collections import deque
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)
_LONG = 0.003
"""If a pass of the loop takes more than these processor seconds, the next one serves fewer sockets."""
_MOST = 32
"""The most sockets per pass, even if they take no time."""
_NEVER = float("inf")
_LOGGED_EACH = 60.0
"""Seconds between two lines in the log about connections that wait."""


class FairSelector(selectors.DefaultSelector):
    """The system's selector. It returns a few ready sockets at a time and holds the others for later calls.

    The number depends on earlier passes: a long pass halves it, any other adds one. The work for a socket
    runs one pass later (a task wakes up), so the length of a pass cannot be predicted.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[tuple[selectors.SelectorKey, int]] = deque()
        self._share = _MOST
        self._returned = time.thread_time()
        self._limit = _NEVER
        self._passed: Callable[[float, float, float], None]
        self.busy_since = _NEVER
        """When the current pass started, by `time.perf_counter`; infinite while the loop waits."""

    def watch(self, seconds: float, passed: Callable[[float, float, float], None]) -> None:
        """Call `passed` after each pass longer than `seconds`: its start, its seconds, its CPU seconds."""
        self._limit, self._passed = seconds, passed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return ready sockets; wait only if none is held."""
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
        """Return the next ones. Skip those closed or changed since: the next poll has them if ready."""
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
        self._logged_at = -_NEVER
        super().__init__(self.passes)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Log an error, but only one line per minute about connections that cannot be accepted."""
        problem = context.get("exception")
        if not isinstance(problem, OSError) or "socket" not in context:
            super().default_exception_handler(context)
        elif self.time() > self._logged_at + _LOGGED_EACH:
            self._logged_at = self.time()
            log.warning("new connections wait: %s. Close streams, or raise `ulimit -n`", problem.strerror)
