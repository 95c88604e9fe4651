"""The active runs: stopping, abandoning, answering and capturing them."""

import pytest

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Outcome, TaskStatus
from tests.fakes.house import ALICE, MALLORY, House
from tests.fakes.waiting import eventually


async def test_stopping_the_server_ends_every_stream_with_an_honest_error(house: House) -> None:
    @house.agent.on("slow")
    async def _(turn) -> None:
        await turn.say("part")
        await turn.sleep(1000)

    task_id = await house.create("slow")
    stream = await house.listen(task_id)
    await eventually(lambda: stream.text == "part")
    await house.turns.stop()

    assert stream.finished == 1  # immediately: the server stops next
    assert stream.names[-1] == "error"
    view = await house.tasks.get(ALICE, task_id)
    assert view.task.status is TaskStatus.FAILED
    assert "send a message to continue" in (view.task.error or "")
    assert house.turns.active == 0


async def test_a_crowd_has_its_last_frames_when_the_server_has_stopped(house: House) -> None:
    task_id = await house.create()
    crowd = [await house.listen(task_id) for _ in range(1000)]

    await house.turns.stop()

    assert {stream.finished for stream in crowd} == {1}


async def test_a_project_is_abandoned_without_a_trace_and_another_one_is_not(house: House) -> None:
    @house.agent.on("slow")
    async def _(turn) -> None:
        await turn.say("part")
        await turn.sleep(1000)

    mine, theirs = await house.create("slow"), await house.create("slow", by=MALLORY)
    streams = [await house.listen(mine), await house.listen(theirs, by=MALLORY)]
    await eventually(lambda: all(stream.text == "part" for stream in streams))

    await house.turns.abandon("project")
    await eventually(lambda: bool(streams[0].finished))

    assert streams[0].payloads("error") == [
        {"message": "The project was reset while this task was running.", "code": "PROJECT_RESET"}
    ]
    assert (house.turns.of_project("project"), house.turns.of_project("elsewhere")) == ((), (theirs,))
    assert (await house.store.messages(mine))[-1].role.value == "user"


async def test_without_a_run_nothing_waits_for_an_approval(house: House) -> None:
    task_id = await house.finish()

    assert house.turns.pending_approvals(task_id) == ()
    with pytest.raises(ApiError) as refusal:
        await house.turns.decide(task_id, "call", Outcome.PROCEED_ONCE)
    assert refusal.value.code is ErrorCode.NOT_FOUND
