"""A clock that is told to pass."""

import asyncio
import heapq
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext


class _Timer:
    def __init__(self, due: float, call: Callable[[], object]) -> None:
        self.due = due
        self.call: Callable[[], object] | None = call

    def cancel(self) -> None:
        self.call = None

    def __lt__(self, other: "_Timer") -> bool:
        return self.due < other.due


class SteppedClock:
    """Platform time that moves only by `advance`; fulfils `mock_server.ports.Clock`."""

    def __init__(self, epoch_ms: int = 1_769_442_654_870) -> None:
        self._epoch_ms = epoch_ms
        self._elapsed = 0.0
        self._timers: list[_Timer] = []

    def now(self) -> int:
        return self._epoch_ms + round(self._elapsed * 1000)

    def monotonic(self) -> float:
        return self._elapsed

    def of(self, project_id: str) -> "SteppedClock":
        """Fulfil `ports.Clocks` too: one time for every project."""
        return self

    def working(self) -> AbstractContextManager[None]:
        return nullcontext()

    def waiting(self, *, on_caller: bool = False) -> AbstractContextManager[None]:
        return nullcontext()

    async def sleep(self, seconds: float, *, timer: str = "sleep", owner: str = "") -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done = asyncio.get_running_loop().create_future()
        due = self.call_later(seconds, lambda: None if done.done() else done.set_result(None))
        try:
            await done
        finally:
            due.cancel()

    def call_later(
        self, seconds: float, call: Callable[[], object], *, timer: str = "timer", owner: str = ""
    ) -> _Timer:
        due = _Timer(self._elapsed + seconds, call)
        heapq.heappush(self._timers, due)
        return due

    def waits_for(self, seconds: float) -> bool:
        """Whether a call falls due exactly `seconds` from now: what a test waits for before it advances."""
        return any(timer.call and timer.due == self._elapsed + seconds for timer in self._timers)

    async def advance(self, seconds: float) -> None:
        """Move time forward, calling what falls due in order and letting the loop settle after each."""
        end = self._elapsed + seconds
        await settle()
        while self._timers and self._timers[0].due <= end:
            timer = heapq.heappop(self._timers)
            self._elapsed = max(self._elapsed, timer.due)
            if timer.call is not None:
                timer.call()
                await settle()
        self._elapsed = end
        await settle()


async def settle(rounds: int = 20) -> None:
    """Let ready callbacks run."""
    for _ in range(rounds):
        await asyncio.sleep(0)
