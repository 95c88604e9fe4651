"""Random walks through a task's life against a target that answers otherwise each time."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from sigmic_conformance.conformance.explore.life import walk
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import ok


class Silence:
    """A stream on which nothing comes."""

    async def end(self, timeout: float) -> bool:
        return timeout > 0

    def hang_up(self, *, abruptly: bool = False) -> None:
        """Nobody listens any more."""


class Driver:
    """Answers every operation at once."""

    probe = "explore"

    async def call(self, operation: str, **_: Any) -> Exchange:
        return ok("p", operation, {"id": "t", "status": "completed"})

    async def open_stream(self, task: str, **_: Any) -> Silence:
        assert task == "t"
        return Silence()


class EveryOther:
    """What a walk acts with; every other walk may not set an agent to work."""

    has_time = True

    def __init__(self) -> None:
        self.walks: dict[str, None] = {}
        self.begun = 0
        self.driver = Driver()

    def begin(self) -> None:
        self.begun += 1

    def end(self) -> None:
        self.walks[str(self.begun)] = None

    def take_turn(self) -> bool:
        return self.begun % 2 == 1

    def do(self, step: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(step)


def test_all_walks_are_made_although_the_same_choices_lead_elsewhere():
    hands: Any = EveryOther()

    walk(hands, number=11, walks=60)

    assert len(hands.walks) >= 60


class Asking(Driver):
    """A platform whose every task asks for an approval until it is cancelled."""

    def __init__(self) -> None:
        self.status = "awaiting_approval"
        self.cancelled = 0

    async def call(self, operation: str, **more: Any) -> Exchange:
        if operation == "create_task":
            self.status = "awaiting_approval"
        if operation == "cancel_task":
            self.status, self.cancelled = "cancelled", self.cancelled + 1
        return ok("p", operation, {"id": "t", "status": self.status})


def test_a_task_that_asks_is_cancelled_at_the_end_instead_of_waited_for():
    hands: Any = EveryOther()
    hands.driver = Asking()

    walk(hands, number=11, walks=10)

    assert hands.driver.status == "cancelled"
    assert hands.driver.cancelled > 0
