"""A restart after the process died: nothing acknowledged is lost, nothing is left half-done."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from sigmic_mock.domain.model import TaskStatus, ToolStatus
from sigmic_mock.service.recovery import RESTARTED
from tests.fakes.house import ALICE, House
from tests.fakes.killed_follow_up import MESSAGE
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually

REPOSITORY = Path(__file__).parents[3]
REFUSAL = f"""
CREATE TRIGGER refusal BEFORE INSERT ON messages WHEN new.content = '{MESSAGE}'
BEGIN SELECT RAISE(ABORT, 'refused by a test'); END
"""


def _said(stream: RecordingSubscriber, text: str) -> bool:
    return text in stream.text


async def test_a_pending_task_failed_honestly_and_can_be_continued(house: House) -> None:
    task_id = await house.create("hello")
    await house.crash()

    task = (await house.tasks.get(ALICE, task_id)).task
    assert (task.status, task.error) == (TaskStatus.FAILED, RESTARTED)
    assert task.completed_at == house.clock.now()
    await house.tasks.send_message(ALICE, task_id, "continue")
    stream = await house.hear(task_id)
    assert stream.names[-1] == "done"
    assert [m.content for m in house.agent.turns[-1].memory] == ["hello"]
    assert (await house.tasks.get(ALICE, task_id)).task.conversation_id is not None


async def test_a_running_task_keeps_its_partial_answer_and_its_open_call_is_cancelled(house: House) -> None:
    entered: list[Sequence[str]] = []

    async def hang(sandbox, argv, env) -> bytes:
        if len(entered) == 1:
            entered.append(argv)
            await house.clock.sleep(10_000)
        entered.append(argv)
        return b"first result"

    house.backend.program = hang

    @house.agent.on("work")
    async def _(turn) -> None:
        await turn.say("Step one. ")
        await turn.call_tool("run_shell_command", {"command": "1"})
        await turn.say("Step two. ")
        await turn.call_tool("run_shell_command", {"command": "2"})

    task_id = await house.create("work")
    await house.listen(task_id)
    await eventually(lambda: len(entered) == 2)
    await house.crash()

    view = await house.tasks.get(ALICE, task_id)
    assert view.task.status is TaskStatus.FAILED
    assert view.output is not None
    assert view.output.content.startswith("Step one. ")
    answer = (await house.tasks.history(ALICE, task_id)).messages[-1]
    assert answer.content == view.output.content
    assert answer.tool_calls[0].output == "first result"
    assert (await house.tasks.list(ALICE)).items[0].message_count == 2
    stream = await house.listen(task_id)
    assert stream.names == ["history_message", "history_message", "history_done"]


async def test_a_task_that_awaited_an_approval_failed_with_that_call_cancelled(house: House) -> None:
    @house.agent.on("ask")
    async def _(turn) -> None:
        await turn.call_tool("run_shell_command", {"command": "x"})

    task_id = await house.create("ask", auto_execute=False)
    await house.listen(task_id)
    await house.until(task_id, TaskStatus.AWAITING_APPROVAL)
    await eventually(lambda: house.database.commits >= 4)  # created, started, asked, saved with the call
    await house.crash()

    view = await house.tasks.get(ALICE, task_id)
    assert (view.task.status, view.pending_approvals) == (TaskStatus.FAILED, ())
    assert view.output is not None
    assert [call.status for call in view.output.tool_calls] == [ToolStatus.CANCELLED]
    assert all(call.output for call in view.output.tool_calls)


async def test_a_growing_answer_is_saved_now_and_then(house: House) -> None:
    @house.agent.on("long")
    async def _(turn) -> None:
        for number in range(10):
            await turn.say(f"{number} ")
            await turn.sleep(1)

    task_id = await house.create("long")
    stream = await house.listen(task_id)
    for number in range(6):
        await eventually(partial(_said, stream, f"{number} "))
        await house.clock.advance(1)
    await eventually(lambda: "6 " in stream.text)
    await house.crash()

    view = await house.tasks.get(ALICE, task_id)
    assert view.output is not None
    assert view.output.content.startswith("0 1 2 3 4 ")


async def test_leftovers_without_an_owner_are_removed(house: House) -> None:
    task_id = await house.finish()
    kept = house.workspaces.create(task_id)
    orphan = house.workspaces.create("00000000-0000-4000-8000-0000000000ff")
    staged = house.folder / "staging" / "half"
    staged.mkdir(parents=True)
    await house.crash()

    assert (kept.exists(), orphan.exists(), staged.exists()) == (True, False, False)


async def test_a_database_that_was_emptied_costs_no_workspace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path)
    task_id = await house.finish()
    (house.workspaces.create(task_id) / "a.csv").write_text("kept")
    await house.close()
    (tmp_path / "platform.db").write_bytes(b"")

    house = House(tmp_path)
    await house.crash()
    await house.close()

    [aside] = _named(tmp_path, "workspaces-without-tasks-*")
    assert (aside / task_id / "a.csv").read_text() == "kept"
    assert [str(aside) in record.getMessage() for record in caplog.records] == [True]
    assert list(house.workspaces.root.iterdir()) == []


async def test_what_a_reset_was_about_to_remove_is_removed(house: House) -> None:
    task_id = await house.finish()
    house.workspaces.create(task_id)
    house.workspaces.retire([task_id])
    await house.store.remove(ALICE.project_id)
    await house.crash()

    assert [path.name for path in house.folder.iterdir() if path.name.startswith("workspaces")] == [
        "workspaces"
    ]
    assert list(house.workspaces.root.iterdir()) == []


@pytest.mark.nightly
@pytest.mark.parametrize("is_refused", [False, True])
@pytest.mark.parametrize("earlier", [(), ("a.csv", "b.csv")])
async def test_a_follow_up_that_is_killed_at_any_moment_is_whole_or_has_left_nothing(
    tmp_path: Path, earlier: Sequence[str], *, is_refused: bool
) -> None:
    house = House(tmp_path / "before")
    task_id = await house.finish()
    workspace = house.workspaces.create(task_id)
    for name in earlier:
        (workspace / "uploads").mkdir(exist_ok=True)
        (workspace / "uploads" / name).write_text("old")
    before = _files(workspace)
    if is_refused:
        await house.database.write(lambda con: con.execute(REFUSAL))
    await house.close()
    command = [sys.executable, "-m", "tests.fakes.killed_follow_up", str(tmp_path), task_id]
    await asyncio.to_thread(subprocess.run, command, cwd=REPOSITORY, check=True, timeout=100)
    whole = _files(tmp_path / "whole" / "workspaces" / task_id)

    outcomes = set()
    for folder in _named(tmp_path, "killed-*"):
        house = House(folder)
        await house.crash()
        is_saved = (await house.tasks.history(ALICE, task_id)).messages[-1].content == MESSAGE
        await house.close()
        assert _files(folder / "workspaces" / task_id) == (whole if is_saved else before), folder
        assert _files(folder / "staging") == {}
        assert is_saved or not (folder / "acknowledged").exists()
        outcomes.add(is_saved)
    assert outcomes == ({False} if is_refused else {False, True})
    assert (whole == before) is is_refused


def _named(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


def _files(folder: Path) -> dict[str, str]:
    """Return every file with its content, and every folder."""
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else ""
        for path in folder.rglob("*")
    }
