"""Tests of the use cases, over a real database and scripted surroundings."""

import asyncio

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import TaskStatus, ToolStatus
from tests.fakes.house import ALICE, House
from tests.fakes.uploads import FakeUpload


async def refused(awaitable) -> ErrorCode:
    with pytest.raises(ApiError) as refusal:
        await awaitable
    return refusal.value.code


async def test_a_message_of_the_longest_length_with_blanks_around_it_is_kept_as_sent(house: House) -> None:
    message = f"  {'x' * 100_000}\n"

    task_id = await house.create(message)

    assert (await house.tasks.get(ALICE, task_id)).task.message == message


# --- follow-up -------------------------------------------------------------------------------------------


async def test_of_two_follow_ups_at_once_one_is_taken(house: House) -> None:
    task_id = await house.finish()

    results = await asyncio.gather(
        *(house.tasks.send_message(ALICE, task_id, f"message {n}") for n in range(5)),
        return_exceptions=True,
    )

    assert [result for result in results if result is None] == [None]
    assert all(isinstance(result, ApiError) for result in results if result is not None)
    assert len((await house.tasks.history(ALICE, task_id)).messages) == 3


# --- cancel ------------------------------------------------------------------------------------------------


async def _cancelled(house: House, task_id: str) -> None:
    task = (await house.tasks.get(ALICE, task_id)).task
    assert (task.status, task.error) == (TaskStatus.CANCELLED, None)
    assert task.completed_at == house.clock.now()


async def test_a_running_task_is_cancelled_with_its_tool_and_keeps_its_partial_output(house: House) -> None:
    started = asyncio.Event()

    async def forever(*_: object) -> bytes:
        started.set()
        await asyncio.Event().wait()
        return b""

    house.backend.program = forever

    @house.agent.on("work")
    async def _(turn) -> None:
        await turn.say("I begin.")
        await turn.call_tool("run_shell_command", {"command": "sleep 1000"})

    task_id = await house.create("work")
    stream = await house.listen(task_id)
    await started.wait()
    await house.tasks.cancel(ALICE, task_id)
    await house.heard(stream)

    await _cancelled(house, task_id)
    assert stream.names[-2:] == ["tool_result", "error"]
    assert stream.events[-1][1] == {"message": "The task was cancelled", "code": "CANCELLED"}
    [sandbox] = house.backend.made
    assert (len(sandbox.killed), sandbox.alive) == (1, False)
    view = await house.tasks.get(ALICE, task_id)
    assert view.output is not None
    assert view.output.content == "I begin."
    assert [call.status for call in view.output.tool_calls] == [ToolStatus.CANCELLED]
    assert (await house.tasks.history(ALICE, task_id)).messages[-1].content == "I begin."


async def test_of_many_cancels_at_once_one_succeeds(house: House) -> None:
    task_id = await house.create()

    results = await asyncio.gather(
        *(house.tasks.cancel(ALICE, task_id) for _ in range(5)), return_exceptions=True
    )

    assert results.count(None) == 1


# --- uploads -----------------------------------------------------------------------------------------------


async def test_a_refused_task_leaves_no_file(house: House) -> None:
    upload = FakeUpload()

    assert await refused(house.create(" ", upload=upload)) is ErrorCode.VALIDATION_ERROR
    assert upload.discarded
    assert not list((house.folder / "workspaces").glob("*"))


async def test_a_task_that_cannot_be_saved_leaves_no_file_and_is_unknown(house: House) -> None:
    upload = FakeUpload()
    await house.database.write(lambda con: con.execute("DROP TABLE messages"))

    with pytest.raises(Exception, match="no such table"):
        await house.create("keep it", upload=upload)

    assert upload.discarded
    assert not list((house.folder / "workspaces").iterdir())
    assert (await house.tasks.list(ALICE)).total == 0


async def test_the_files_of_a_follow_up_are_kept_once_its_message_is_saved(house: House) -> None:
    task_id = await house.finish()
    upload = FakeUpload()

    await house.tasks.send_message(ALICE, task_id, "x", upload)

    assert len((await house.tasks.history(ALICE, task_id)).messages) == 3
    assert upload.done == ["committed for 3", "kept"]


async def test_the_files_of_a_follow_up_that_cannot_be_saved_are_taken_back(house: House) -> None:
    task_id = await house.finish()
    upload = FakeUpload()
    await house.database.write(lambda con: con.execute("DROP TABLE messages"))

    with pytest.raises(Exception, match="no such table"):
        await house.tasks.send_message(ALICE, task_id, "x", upload)

    assert upload.done[1:] == ["taken back"]


async def test_the_upload_of_a_refused_follow_up_is_discarded(house: House) -> None:
    task_id = await house.create()
    upload = FakeUpload()

    assert await refused(house.tasks.send_message(ALICE, task_id, "x", upload)) is ErrorCode.CONFLICT
    assert upload.discarded
