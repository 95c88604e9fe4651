"""Tests of turns whose words, approvals and tool calls go wrong, and that arm faults for their own task."""

from typing import Any

import pytest

from sigmic_conformance.mock_server.agent.turn import TurnFailed
from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.domain.model import Outcome, TaskStatus
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually


@pytest.fixture(autouse=True)
def calling(house: FaultyHouse) -> None:
    """Let the agent call a tool on the message `work`, and say two pieces on `talk`."""

    @house.agent.on("work")
    async def _(turn) -> None:
        outcome = await turn.call_tool("run_shell_command", {"command": "hi"})
        await turn.say(outcome.status.value)

    @house.agent.on("talk")
    async def _(turn) -> None:
        await turn.say("one ")
        await turn.say("two")


async def played(house: FaultyHouse, message: str, **fields: Any) -> RecordingSubscriber:
    stream = await house.listen(await house.create(message, **fields))
    await house.heard(stream)
    return stream


async def asked(house: FaultyHouse, task_id: str) -> str:
    await eventually(lambda: bool(house.runs.pending_approvals(task_id)))
    return house.runs.pending_approvals(task_id)[0].call_id


async def test_a_turn_with_nothing_armed_is_an_honest_one(house: FaultyHouse) -> None:
    assert (await played(house, "talk")).text == "one two"
    assert [p["status"] for p in (await played(house, "work")).payloads("tool_call")] == ["executing"]


async def test_the_agent_says_something_else(house: FaultyHouse) -> None:
    house.arm("agent.says-otherwise", times=1)

    assert (await played(house, "talk")).text == "I do not know. two"


async def test_a_second_approval_runs_an_approved_call_again_and_a_refused_one_not(
    house: FaultyHouse,
) -> None:
    @house.agent.on("twice")
    async def _(turn) -> None:
        for number in ("1", "2"):
            await turn.call_tool("run_shell_command", {"command": number})
        await turn.sleep(100)

    house.arm("approve.runs-twice")
    task_id = await house.create("twice", auto_execute=False)
    stream = await house.listen(task_id)
    refused = await asked(house, task_id)
    await house.tasks.approve(ALICE, task_id, refused, Outcome.CANCEL)
    await eventually(lambda: len(stream.payloads("tool_call")) == 2)
    approved = await asked(house, task_id)
    await house.tasks.approve(ALICE, task_id, approved, Outcome.PROCEED_ONCE)
    await eventually(lambda: house.clock.waits_for(100))

    assert await house.tasks.approve(ALICE, task_id, approved, Outcome.PROCEED_ONCE) is True
    for call_id, outcome in ((refused, Outcome.PROCEED_ONCE), (approved, Outcome.CANCEL)):
        with pytest.raises(ApiError):
            await house.tasks.approve(ALICE, task_id, call_id, outcome)
    await house.clock.advance(100)
    await house.heard(stream)

    assert [p["output"] for p in stream.payloads("tool_result")][1:] == ["2", "2"]


async def test_a_fault_armed_by_a_turn_ends_with_it_unless_it_is_to_stay(house: FaultyHouse) -> None:
    armed = []

    @house.agent.on("arm")
    async def _(turn) -> None:
        await turn.arm_fault("agent.says-otherwise", {}, stay=False)
        await turn.arm_fault("output.not-of-cancelled", {}, stay=True)
        await turn.say("x")
        armed.append([each.spec.fault.id for each in house.engine.active("project")])

    stream = await played(house, "arm")

    assert stream.text == "I do not know. "
    assert armed == [["agent.says-otherwise", "output.not-of-cancelled"]]
    await eventually(
        lambda: [each.spec.fault.id for each in house.engine.active("project")] == ["output.not-of-cancelled"]
    )
    assert (await played(house, "talk")).text == "one two"


async def test_a_fault_that_is_none_fails_the_turn(house: FaultyHouse) -> None:
    failures = []

    @house.agent.on("arm")
    async def _(turn) -> None:
        try:
            await turn.arm_fault("no.such-fault", {}, stay=False)
        except TurnFailed as failed:
            failures.append(failed.code)
            raise

    task_id = await house.create("arm")
    await house.heard(await house.listen(task_id))

    assert failures == ["BAD_FAULT"]
    assert await house.status(task_id) is TaskStatus.FAILED


async def test_a_turn_that_armed_a_fault_is_not_captured(house: FaultyHouse) -> None:
    @house.agent.on("arm")
    async def _(turn) -> None:
        await turn.sleep(10)
        await turn.arm_fault("agent.says-otherwise", {}, stay=False)
        await turn.sleep(20)

    task_id = await house.create("arm")
    await house.listen(task_id)
    await eventually(lambda: house.clock.waits_for(10))
    assert house.runs.capture(task_id) is not None

    await house.clock.advance(10)
    await eventually(lambda: house.clock.waits_for(20))
    assert house.runs.capture(task_id) is None
