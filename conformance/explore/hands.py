"""The driver of random walks: one for each walk, on an event loop of its own, within a budget."""

import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.endings import Throttled
from sigmic_conformance.conformance.probing.loop_thread import LoopThread
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript

T = TypeVar("T")

STEP_SECONDS = 120.0


class Hands:
    """Runs the steps of all walks one after the other, and keeps their transcripts.

    `turns` is how often an agent may be set to work, `seconds` how long all walks may take.
    """

    def __init__(self, make_driver: Callable[[str], Driver], *, turns: int, seconds: float) -> None:
        self._make_driver = make_driver
        self._turns = turns
        self._until = time.monotonic() + seconds
        self._loop = LoopThread("explore")
        self.walks: dict[str, Transcript] = {}
        self.driver = make_driver("none")

    @property
    def has_time(self) -> bool:
        """False when the time is over: a walk then only tidies up."""
        return time.monotonic() < self._until

    def take_turn(self) -> bool:
        """Spend one turn of an agent; False when none is left."""
        if self._turns <= 0 or not self.has_time:
            return False
        self._turns -= 1
        return True

    def begin(self) -> None:
        """Begin a walk."""
        self.driver = self._make_driver(f"walk_{len(self.walks) + 1:03}")

    def do(self, step: Coroutine[Any, Any, T]) -> T | None:
        """Run one step to its end; None when the target never stopped answering 429 or took too long."""
        try:
            return self._loop.run(step, STEP_SECONDS)
        except (Throttled, TimeoutError):
            return None

    def end(self) -> None:
        """End a walk and keep what was recorded."""

        async def finish() -> None:
            self.driver.finish()

        self.do(finish())
        self.walks[self.driver.probe] = Transcript(
            probe=self.driver.probe,
            ending=Ending.COMPLETE,
            exchanges=self.driver.exchanges(),
        )

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.close()
