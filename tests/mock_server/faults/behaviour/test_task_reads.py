"""Tests of tasks that are read otherwise than they are."""

import pytest

from sigmic_conformance.mock_server.domain.model import TaskStatus
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE
from tests.fakes.waiting import eventually


@pytest.fixture(autouse=True)
def agent(house: FaultyHouse) -> None:
    """Let the agent say something and then wait on `slow`, and call a tool on `ask`."""

    @house.agent.on("slow")
    async def _(turn) -> None:
        await turn.say("half ")
        await turn.sleep(100)
        await turn.say("an answer")

    @house.agent.on("ask")
    async def _(turn) -> None:
        await turn.call_tool("run_shell_command", {"command": "x"})


async def waiting(house: FaultyHouse) -> str:
    task_id = await house.create("slow")
    await house.listen(task_id)
    await eventually(lambda: house.clock.waits_for(100))
    return task_id


async def test_a_running_task_has_no_output_until_its_end(house: FaultyHouse) -> None:
    task_id = await waiting(house)
    house.arm("get.output-at-the-end")
    assert (await house.tasks.get(ALICE, task_id)).output is None

    await house.clock.advance(100)
    await house.until(task_id, TaskStatus.COMPLETED)
    output = (await house.tasks.get(ALICE, task_id)).output
    assert output is not None
    assert output.content == "half an answer"


async def test_a_cancelled_task_has_no_output_and_a_completed_one_has(house: FaultyHouse) -> None:
    cancelled, completed = await waiting(house), await house.finish()
    await house.tasks.cancel(ALICE, cancelled)
    house.arm("output.not-of-cancelled")

    assert (await house.tasks.get(ALICE, cancelled)).output is None
    assert (await house.tasks.get(ALICE, completed)).output is not None


async def test_a_follow_up_at_work_is_called_completed(house: FaultyHouse) -> None:
    task_id = await house.finish()
    armed = house.arm("follow-up.status-late")
    assert (await house.status(task_id), armed.fired) == (TaskStatus.COMPLETED, 0)

    await house.tasks.send_message(ALICE, task_id, "slow")

    assert (await house.status(task_id), armed.fired) == (TaskStatus.COMPLETED, 1)


async def test_after_one_turn_there_is_nothing_to_mix_up(house: FaultyHouse) -> None:
    task_id = await house.finish("only")
    armed = [house.arm("output.of-all-turns"), house.arm("get.newest-message")]

    assert (await house.tasks.get(ALICE, task_id)).task.message == "only"
    assert [each.fired for each in armed] == [0, 0]


async def test_reading_restores_an_expired_session_and_no_live_one(house: FaultyHouse) -> None:
    task_id = await house.finish()
    armed = house.arm("session.restored-by-reading")
    await house.tasks.history(ALICE, task_id)
    before = house.sessions.of(task_id)
    assert armed.fired == 0

    await house.clock.advance(1800)
    await house.tasks.history(ALICE, task_id)

    restored = house.sessions.of(task_id)
    assert before is not None
    assert restored is not None
    assert restored.id != before.id
    assert (await house.tasks.get(ALICE, task_id)).task.session_id == restored.id
