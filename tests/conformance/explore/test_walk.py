"""Random walks through a task's lifecycle: repeatable, within their turns, and no task is left running."""

import asyncio
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from sigmic_conformance.conformance.explore.request_budget import RequestBudget
from sigmic_conformance.conformance.explore.walk import Walk
from sigmic_conformance.conformance.probing.endings import Throttled
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import ok


class Silence:
    """A stream without events."""

    async def end(self, timeout: float) -> bool:
        return timeout > 0

    async def finish(self, timeout: float) -> None:
        """Do nothing."""

    def hang_up(self, *, abruptly: bool = False) -> None:
        """Do nothing."""


class Platform:
    """A driver of a platform whose every task awaits an approval until it is cancelled."""

    probe = "explore"

    def __init__(self) -> None:
        self.status: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []

    async def call(self, operation: str, *, path: Any = None, body: Any = None, **_: Any) -> Exchange:
        task = path["id"] if path else str(len(self.status))
        self.calls.append((operation, str(body)))
        if operation == "create_task":
            self.status[task] = "awaiting_approval"
        if operation == "cancel_task":
            self.status[task] = "cancelled"
        calls = [{"callId": "c"}]
        return ok("p", operation, {"id": task, "status": self.status.get(task), "pendingApprovals": calls})

    async def open_stream(self, task: str, **_: Any) -> Silence:
        self.calls.append(("stream_task", task))
        return Silence()

    def finish(self) -> None:
        """Do nothing: all is recorded."""


def walks(driver: Any, *, turns: int = 99, seeds: range = range(10)) -> None:
    budget = RequestBudget(requests=0, turns=turns, seconds=60.0)
    budget.begin("walks", operations=1)
    for seed in seeds:
        asyncio.run(Walk(driver, Random(seed), budget).make())


def of_agents(platform: Platform) -> Iterator[str]:
    return (name for name, _ in platform.calls if name in {"create_task", "send_message"})


def test_the_same_seed_takes_the_same_steps():
    one, other = Platform(), Platform()

    walks(one)
    walks(other)

    assert one.calls == other.calls
    assert {name for name, _ in one.calls} == {
        *("create_task", "send_message", "get_task", "get_task_history", "list_artifacts", "list_tasks"),
        *("stream_task", "approve_tool_call", "cancel_task"),
    }


def test_a_task_that_asks_is_cancelled_at_the_end_instead_of_waited_for():
    platform = Platform()

    walks(platform)

    assert set(platform.status.values()) == {"cancelled"}


@pytest.mark.parametrize("turns", [0, 1, 5])
def test_no_agent_is_set_to_work_once_the_turns_are_spent(turns: int):
    platform = Platform()

    walks(platform, turns=turns)

    assert len(list(of_agents(platform))) == turns


def test_a_target_that_throttles_without_end_costs_a_step_and_not_the_walk():
    class Throttling(Platform):
        async def call(self, operation: str, **more: Any) -> Exchange:
            if operation == "list_tasks":
                raise Throttled("429")
            return await super().call(operation, **more)

    walks(Throttling())


def test_a_step_may_meet_itself():
    class Busy(Platform):
        at_once, most = 0, 0

        async def call(self, operation: str, **more: Any) -> Exchange:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await asyncio.sleep(0)
            self.at_once -= 1
            return await super().call(operation, **more)

    platform = Busy()
    walks(platform)

    assert platform.most == 2


def test_texts_and_names_are_drawn_from_the_heuristics():
    platform = Platform()

    walks(platform, seeds=range(12))

    bodies = [body for name, body in platform.calls if name == "create_task"]
    assert max(map(len, bodies)) > 4096
    names = [set(re.findall(r"FilePart\(name='([^']*)'", body)) for body in bodies]
    assert any(name.upper() in each for each in names for name in each if name != name.upper())
