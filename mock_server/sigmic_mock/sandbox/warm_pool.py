"""Spares: sandboxes that are prepared ahead. Each is a first process that waits for its only workspace.

A spare has its namespaces, root, /proc, /tmp and limits, and no privileges, files or variables of a caller.
It serves one sandbox and ends with it. Invariant: spares are created only while no sandbox is requested and
the loop is idle, so that no request waits for them. The first request for a sandbox enables them, so that
they do not slow down a start.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from sigmic_mock.ports import SandboxUnavailable

log = logging.getLogger(__name__)

QUIET_SECONDS = 0.05
"""Seconds without a request for a sandbox before a spare is created."""
PROMPT_SECONDS = 0.005
"""Seconds that a timer may be late while the loop counts as idle."""


class Spare(Protocol):
    """A first process that waits."""

    @property
    def alive(self) -> bool:
        """False once it has ended."""

    def listen(self, on_message: Callable[[Any], None], on_end: Callable[[], None], /) -> None:
        """Receive its messages and its end."""

    async def end(self) -> None:
        """End it and everything in it."""


S = TypeVar("S", bound=Spare)


class WarmPool(Generic[S]):
    """At most `wanted` living spares; dead ones are dropped."""

    def __init__(
        self,
        make: Callable[[], Awaitable[S]],
        *,
        quiet: float = QUIET_SECONDS,
        prompt: float = PROMPT_SECONDS,
    ) -> None:
        """`make` creates one. If it raises SandboxUnavailable, TimeoutError or OSError, it leaves nothing."""
        self._make = make
        self._quiet = quiet
        self._prompt = prompt
        self._wanted = 0
        self._waiting: deque[S] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._refilling: asyncio.Task[None] | None = None
        self._making = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[S]:
        return iter(self._waiting)

    def want(self, number: int) -> None:
        """Set the number of spares, from the next use on."""
        self._wanted = number

    def take(self) -> S | None:
        """Return the oldest spare, which the caller must end; None if there is none.

        Requests take precedence: call `used` afterwards, or no more spares are created.
        """
        self._stop_waiting()
        return self._waiting.popleft() if self._waiting else None

    def used(self) -> None:
        """Record a request for a sandbox. Missing spares are created when no more requests come."""
        if self._missing():
            self._wait()

    async def fill(self) -> None:
        """Create the missing spares now, even if the loop is not idle."""
        while self._missing():
            await self._add()

    async def close(self) -> None:
        """End all spares and create no more."""
        self._wanted = 0
        self._stop_waiting()
        if self._refilling is not None:
            self._refilling.cancel()
            await asyncio.wait((self._refilling,))
        while self._waiting:
            self._end(self._waiting.popleft())
        await asyncio.gather(*self._ending)

    def _missing(self) -> bool:
        return len(self._waiting) < self._wanted

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self._stop_waiting()
        loop = asyncio.get_running_loop()
        due = loop.time() + self._quiet
        self._timer = loop.call_at(due, self._rested, due)

    def _rested(self, due: float) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        if loop.time() - due > self._prompt:
            self._wait()
        elif self._refilling is None:
            self._refilling = loop.create_task(self._refill(), name="make a spare sandbox")

    async def _refill(self) -> None:
        """Create one, then wait for idle again. After a failure the next use retries."""
        try:
            await self._add()
        except (SandboxUnavailable, TimeoutError, OSError) as problem:
            log.warning("no spare sandbox could be made: %s", problem)
        else:
            self.used()
        finally:
            self._refilling = None

    async def _add(self) -> None:
        async with self._making:
            if not self._missing():
                return
            spare = await self._make()
            if self._missing() and spare.alive:
                spare.listen(lambda _message: None, lambda: self._died(spare))
                self._waiting.append(spare)
            else:  # closed while it was created, or already dead
                await spare.end()

    def _died(self, spare: S) -> None:
        if spare in self._waiting:
            self._waiting.remove(spare)
            self._end(spare)

    def _end(self, spare: S) -> None:
        ending = asyncio.get_running_loop().create_task(spare.end(), name="end a spare sandbox")
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
