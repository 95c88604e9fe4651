"""A clock that moves only when a test advances it."""

import asyncio
from contextlib import AbstractContextManager, nullcontext

from sigmic_mock.runtime.clock.mode import MANUAL
from sigmic_mock.runtime.clock.project_clock import Advance, ProjectClock


class SteppedClock(ProjectClock):
    """The time of all projects, in manual mode: only `advance` moves it, without waiting for running work."""

    def __init__(self) -> None:
        super().__init__(MANUAL)
        self._elapsed = 0.0
        self._calendar = 1_769_442_654_870

    def of(self, _project_id: str) -> "SteppedClock":
        return self

    def working(self) -> AbstractContextManager[None]:
        return nullcontext()

    def waiting(self, *, on_caller: bool = False) -> AbstractContextManager[None]:
        return nullcontext()

    def waits_for(self, seconds: float) -> bool:
        """Return whether a call falls due exactly `seconds` from now. Tests check it before they advance."""
        return any(timer.due == self.now() + round(seconds * 1000) for timer in self.pending)

    async def advance(self, seconds: float) -> Advance:
        """Move time forward, and let the loop settle."""
        await settle()
        advance = await super().advance(seconds)
        await settle()
        return advance


async def settle(rounds: int = 20) -> None:
    """Let the callbacks of the event loop run that are ready."""
    for _ in range(rounds):
        await asyncio.sleep(0)
