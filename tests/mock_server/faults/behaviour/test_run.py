"""Tests of runs that start late, fail for no reason, or end otherwise than they say."""

import pytest

from sigmic_conformance.mock_server.agent.turn import TurnFailed
from sigmic_conformance.mock_server.domain.model import TaskStatus
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE, MALLORY
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually


@pytest.fixture(autouse=True)
def agent(house: FaultyHouse) -> None:
    """Let the agent give up on `fail`, and wait on `slow`."""

    @house.agent.on("fail")
    async def _(turn) -> None:
        raise TurnFailed("The model is overloaded", "OVERLOADED")

    @house.agent.on("slow")
    async def _(turn) -> None:
        await turn.sleep(100)


async def played(house: FaultyHouse, message: str = "hello") -> tuple[str, RecordingSubscriber]:
    task_id = await house.create(message)
    stream = await house.listen(task_id)
    await house.heard(stream)
    return task_id, stream


async def contents(house: FaultyHouse, task_id: str) -> list[str]:
    return [message.content for message in (await house.tasks.history(ALICE, task_id)).messages]


async def test_with_nothing_armed_a_run_is_an_honest_one(house: FaultyHouse) -> None:
    task_id, stream = await played(house)

    assert (await contents(house, task_id), stream.names[-1]) == (["hello", "ok"], "done")
    assert house.sessions.of(task_id) is not None


async def test_the_runs_of_one_project_follow_one_another(house: FaultyHouse) -> None:
    armed = house.arm("run.one-by-one")
    first, foreign, second = await house.create("slow"), await house.create(by=MALLORY), await house.create()
    streams = [await house.listen(task_id) for task_id in (first, second)]
    theirs = await house.listen(foreign, by=MALLORY)
    await house.heard(theirs)
    await eventually(lambda: house.clock.waits_for(100))
    assert await house.status(second) is TaskStatus.PENDING

    await house.clock.advance(100)
    await house.heard(*streams)
    assert armed.fired == 1  # for the second one, which had something to wait for


async def test_a_follow_up_forgets_the_conversation(house: FaultyHouse) -> None:
    armed = house.arm("memory.lost-in-follow-up")
    task_id, _ = await played(house)
    assert armed.fired == 0

    await house.tasks.send_message(ALICE, task_id, "again")
    await house.heard(await house.listen(task_id))

    assert [len(turn.memory) for turn in house.agent.turns] == [0, 0]
    assert armed.fired == 1


async def test_a_failed_run_has_no_end_to_be_late_with(house: FaultyHouse) -> None:
    armed = house.arm("phase.done-before-saved")

    await played(house, "fail")

    assert armed.fired == 0


async def test_a_session_expires_while_the_run_works_and_leaves_no_processes(house: FaultyHouse) -> None:
    @house.agent.on("work")
    async def _(turn) -> None:
        await turn.call_tool("run_shell_command", {"command": "1"})
        await turn.sleep(2000)
        await turn.call_tool("run_shell_command", {"command": "2"})

    house.arm("session.expires-at-work")
    task_id = await house.create("work")
    stream = await house.listen(task_id)
    await eventually(lambda: house.clock.waits_for(2000))
    await house.clock.advance(1800)
    assert house.sessions.of(task_id) is None
    await house.clock.advance(200)
    await house.heard(stream)

    await eventually(lambda: [sandbox.alive for sandbox in house.backend.made] == [False, False])
