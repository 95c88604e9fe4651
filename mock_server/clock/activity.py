"""What a project is busy with right now: requests being answered, runs at work, sandboxes being ended.

Time of a clock that does not move by itself waits for it. Work that waits for a timer or for a caller is
not busy: nothing will come of it before time passes or somebody acts.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Activity:
    """Counts; and wakes whoever waits for quiet."""

    def __init__(self, on_quiet: Callable[[], None]) -> None:
        self._on_quiet = on_quiet
        self._quiet: asyncio.Event = asyncio.Event()
        self._quiet.set()
        self.busy = 0
        self.on_callers = 0
        """Work that waits for a caller (an approval): it holds `autojump` back, but not `advance`."""
        self.began = 0
        """Grows with every piece of work: two equal readings with `busy` 0 are a quiet time."""

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count what happens inside."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def waiting(self, *, on_caller: bool) -> Iterator[None]:
        """Do not count what happens inside, a wait within work."""
        self.on_callers += on_caller
        self._leave()
        try:
            yield
        finally:
            self.on_callers -= on_caller
            self._enter()

    async def quiet(self) -> None:
        """Return when nothing is busy."""
        await self._quiet.wait()

    def _enter(self) -> None:
        self.busy += 1
        self.began += 1
        self._quiet.clear()

    def _leave(self) -> None:
        self.busy -= 1
        if self.busy == 0:
            self._quiet.set()
            self._on_quiet()
