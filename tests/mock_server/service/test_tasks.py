"""Tests of the use cases, over a real database and scripted surroundings."""

import asyncio

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Outcome, Principal, Role, TaskStatus, ToolStatus
from sigmic_conformance.mock_server.domain.secret import Secret
from tests.fakes.house import ALICE, MALLORY, House
from tests.fakes.uploads import FakeUpload

VIEWER = Principal(project_id="project", api_key_id="viewer", username="vera", role=Role.VIEWER)


async def refused(awaitable) -> ErrorCode:
    with pytest.raises(ApiError) as refusal:
        await awaitable
    return refusal.value.code


async def test_a_new_task_is_pending_and_has_no_session_yet(house: House) -> None:
    task = (await house.tasks.get(ALICE, await house.create("What is 2+2?"))).task

    assert (task.status, task.session_id, task.conversation_id, task.started_at) == (
        TaskStatus.PENDING,
        None,
        None,
        None,
    )
    assert task.message == "What is 2+2?"


async def test_a_finished_task_has_its_times_its_output_and_both_messages(house: House) -> None:
    task_id = await house.finish("What is 2+2?")

    view = await house.tasks.get(ALICE, task_id)
    history = await house.tasks.history(ALICE, task_id)
    assert view.task.status is TaskStatus.COMPLETED
    assert view.task.started_at is not None
    assert view.task.completed_at is not None
    assert view.output is not None
    assert view.output.content == "ok"
    assert [(m.role.value, m.content) for m in history.messages] == [
        ("user", "What is 2+2?"),
        ("assistant", "ok"),
    ]


@pytest.mark.parametrize("message", ["", "   \n", "x" * 100_001, "\ud800"])
async def test_a_message_that_is_none_is_refused_and_leaves_no_task(house: House, message: str) -> None:
    assert await refused(house.create(message)) is ErrorCode.VALIDATION_ERROR
    assert (await house.tasks.list(ALICE)).total == 0


async def test_a_message_of_the_longest_length_with_blanks_around_it_is_kept_as_sent(house: House) -> None:
    message = f"  {'x' * 100_000}\n"

    task_id = await house.create(message)

    assert (await house.tasks.get(ALICE, task_id)).task.message == message


async def test_a_viewer_reads_but_changes_nothing(house: House) -> None:
    task_id = await house.finish()

    assert (await house.tasks.get(VIEWER, task_id)).task.id == task_id
    assert await refused(house.create(by=VIEWER)) is ErrorCode.FORBIDDEN
    assert await refused(house.tasks.send_message(VIEWER, task_id, "more")) is ErrorCode.FORBIDDEN
    assert await refused(house.tasks.check_sendable(VIEWER, task_id)) is ErrorCode.FORBIDDEN
    assert await refused(house.tasks.cancel(VIEWER, task_id)) is ErrorCode.FORBIDDEN
    assert (
        await refused(house.tasks.approve(VIEWER, task_id, "call", Outcome.PROCEED_ONCE))
        is ErrorCode.FORBIDDEN
    )


async def test_somebody_elses_task_is_not_found_by_any_use_case(house: House) -> None:
    task_id = await house.finish()

    for attempt in (
        house.tasks.get(MALLORY, task_id),
        house.tasks.history(MALLORY, task_id),
        house.tasks.check_sendable(MALLORY, task_id),
        house.tasks.send_message(MALLORY, task_id, "hello"),
        house.tasks.approve(MALLORY, task_id, "call", Outcome.PROCEED_ONCE),
        house.tasks.cancel(MALLORY, task_id),
        house.artifacts.list(MALLORY, task_id),
        house.artifacts.open(MALLORY, task_id, "a.txt"),
        house.listen(task_id, by=MALLORY),
    ):
        assert await refused(attempt) is ErrorCode.NOT_FOUND
    assert (await house.tasks.list(MALLORY)).items == ()


async def test_an_end_user_sees_only_their_own_tasks(house: House) -> None:
    def user(name: str) -> Principal:
        return Principal(
            project_id="project", api_key_id="app", username=name, app_id="app", end_user_id=name
        )

    mine = await house.create(by=user("ann"))
    theirs = await house.create(by=user("bob"))
    by_key = await house.create()

    page = await house.tasks.list(user("ann"))
    assert ([row.task.id for row in page.items], page.total) == ([mine], 1)
    assert await refused(house.tasks.get(user("ann"), theirs)) is ErrorCode.NOT_FOUND
    assert await refused(house.tasks.get(user("ann"), by_key)) is ErrorCode.NOT_FOUND
    assert (await house.tasks.list(ALICE)).total == 3


# --- follow-up -------------------------------------------------------------------------------------------


async def test_a_follow_up_is_running_at_once_and_forgets_how_the_last_run_ended(house: House) -> None:
    task_id = await house.finish()
    before = (await house.tasks.get(ALICE, task_id)).task
    await house.clock.advance(60)

    await house.tasks.send_message(ALICE, task_id, "and 3+3?")

    view = await house.tasks.get(ALICE, task_id)
    assert view.task.status is TaskStatus.RUNNING
    assert view.task.completed_at is None
    assert view.task.last_activity_at == house.clock.now()
    assert (view.task.message, view.task.session_id) == ("hello", before.session_id)
    assert view.output is not None
    assert view.output.content == ""
    assert (await house.tasks.list(ALICE)).items[0].message_count == 3


async def test_a_follow_up_conflicts_while_the_task_is_not_finished(house: House) -> None:
    task_id = await house.create()

    assert await refused(house.tasks.check_sendable(ALICE, task_id)) is ErrorCode.CONFLICT
    assert await refused(house.tasks.send_message(ALICE, task_id, "more")) is ErrorCode.CONFLICT
    assert len((await house.tasks.history(ALICE, task_id)).messages) == 1


async def test_of_two_follow_ups_at_once_one_is_taken(house: House) -> None:
    task_id = await house.finish()

    results = await asyncio.gather(
        *(house.tasks.send_message(ALICE, task_id, f"message {n}") for n in range(5)),
        return_exceptions=True,
    )

    assert [result for result in results if result is None] == [None]
    assert {type(result) for result in results if result is not None} == {ApiError}
    assert len((await house.tasks.history(ALICE, task_id)).messages) == 3


async def test_an_empty_follow_up_is_refused_and_the_task_stays_as_it_was(house: House) -> None:
    task_id = await house.finish()

    assert await refused(house.tasks.send_message(ALICE, task_id, " ")) is ErrorCode.VALIDATION_ERROR
    assert await house.status(task_id) is TaskStatus.COMPLETED


# --- cancel ------------------------------------------------------------------------------------------------


async def _cancelled(house: House, task_id: str) -> None:
    task = (await house.tasks.get(ALICE, task_id)).task
    assert (task.status, task.error) == (TaskStatus.CANCELLED, None)
    assert task.completed_at == house.clock.now()


async def test_a_pending_task_is_cancelled_and_never_starts(house: House) -> None:
    task_id = await house.create()
    await house.tasks.cancel(ALICE, task_id)
    await _cancelled(house, task_id)

    await house.clock.advance(60)
    assert house.agent.turns == []


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


async def test_a_task_that_awaits_an_approval_is_cancelled(house: House) -> None:
    @house.agent.on("ask")
    async def _(turn) -> None:
        await turn.call_tool("run_shell_command", {"command": "date"})

    task_id = await house.create("ask", auto_execute=False)
    stream = await house.listen(task_id)
    await house.until(task_id, TaskStatus.AWAITING_APPROVAL)
    [call] = (await house.tasks.get(ALICE, task_id)).pending_approvals
    await house.tasks.cancel(ALICE, task_id)
    await house.heard(stream)

    await _cancelled(house, task_id)
    assert (await house.tasks.get(ALICE, task_id)).pending_approvals == ()
    assert (
        await refused(house.tasks.approve(ALICE, task_id, call.call_id, Outcome.PROCEED_ONCE))
        is ErrorCode.NOT_FOUND
    )
    assert house.backend.made == []


async def test_cancelling_a_finished_task_conflicts_and_changes_nothing(house: House) -> None:
    task_id = await house.finish()
    before = await house.tasks.get(ALICE, task_id)

    assert await refused(house.tasks.cancel(ALICE, task_id)) is ErrorCode.CONFLICT
    assert await house.tasks.get(ALICE, task_id) == before


async def test_of_many_cancels_at_once_one_succeeds(house: House) -> None:
    task_id = await house.create()

    results = await asyncio.gather(
        *(house.tasks.cancel(ALICE, task_id) for _ in range(5)), return_exceptions=True
    )

    assert results.count(None) == 1


async def test_a_cancelled_task_goes_on_with_a_follow_up_in_the_same_session(house: House) -> None:
    task_id = await house.create(secrets={"TOKEN": Secret("hunter22")})
    stream = await house.listen(task_id)
    await house.tasks.cancel(ALICE, task_id)
    await house.heard(stream)

    @house.agent.on("again")
    async def _(turn) -> None:
        outcome = await turn.call_tool("run_shell_command", {"command": "echo $TOKEN"})
        await turn.say(outcome.output)

    await house.tasks.send_message(ALICE, task_id, "again")
    stream = await house.listen(task_id)
    await house.heard(stream)

    assert stream.text == "echo [secret TOKEN]"
    assert await house.status(task_id) is TaskStatus.COMPLETED


# --- uploads -----------------------------------------------------------------------------------------------


async def test_uploaded_files_are_in_the_workspace_and_in_the_message(house: House) -> None:
    task_id = await house.create("read it", upload=FakeUpload())

    assert [file.path for file in await house.artifacts.list(ALICE, task_id)] == ["uploads/data.csv"]
    [message] = (await house.tasks.history(ALICE, task_id)).messages
    assert [(file.name, file.path) for file in message.attached_files] == [("data.csv", "uploads/data.csv")]
    opened = await house.artifacts.open(ALICE, task_id, "uploads/data.csv")
    with opened.file as file:
        assert file.read() == b"a,b\n"


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
