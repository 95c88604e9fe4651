"""Turns that arm faults for their task."""

import pytest

from sigmic_mock.agent.turn import TurnFailed
from sigmic_mock.domain.model import TaskStatus
from sigmic_mock.faults.effects.runs import arm_for_turn
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually


@pytest.fixture(autouse=True)
def talking(house: FaultyHouse) -> None:
    """Let the agent output two pieces on `talk`."""

    @house.agent.on("talk")
    async def _(turn) -> None:
        await turn.say("one ")
        await turn.say("two")


async def played(house: FaultyHouse, message: str) -> RecordingSubscriber:
    return await house.hear(await house.create(message))


async def test_a_fault_armed_by_a_turn_ends_with_it_unless_it_is_to_stay(house: FaultyHouse) -> None:
    armed = []

    @house.agent.on("arm")
    async def _(turn) -> None:
        await arm_for_turn(turn, "agent.says-otherwise", {}, stay=False)
        await arm_for_turn(turn, "output.not-of-cancelled", {}, stay=True)
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
            await arm_for_turn(turn, "no.such-fault", {}, stay=False)
        except TurnFailed as failed:
            failures.append(failed.code)
            raise

    task_id = await house.create("arm")
    await house.hear(task_id)

    assert failures == ["BAD_FAULT"]
    assert await house.status(task_id) is TaskStatus.FAILED
