"""Snapshots: everything of a project comes back, what waits goes on waiting, and forks go their own ways."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sigmic_conformance.mock_server.runtime.clock.mode import MANUAL
from sigmic_conformance.mock_server.service import snapshots
from tests.fakes.sandbox import ScriptedBackend
from tests.fakes.served import Served, serving
from tests.fakes.waiting import eventually

CONTROL = "/__mock/v1"
TASKS = "/api/v1/tasks"


@pytest.fixture
async def mock(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, clock=MANUAL, seed=7) as served:
        yield served


async def save(mock: Served, name: str = "before") -> Any:
    return await mock.did("take_snapshot", name=name)


async def restore(mock: Served, name: str = "before") -> Any:
    return await mock.did("restore_snapshot", name=name)


async def seen(mock: Served, key: Mapping[str, str] | None = None) -> Any:
    """Return everything that a client sees of the project."""
    rows = (await mock.call("GET", TASKS, headers=key)).json["data"]
    tasks = [(await mock.call("GET", f"{TASKS}/{row['id']}", headers=key)).data for row in rows]
    histories = [(await mock.call("GET", f"{TASKS}/{row['id']}/history", headers=key)).data for row in rows]
    files = [(await mock.call("GET", f"{TASKS}/{row['id']}/artifacts", headers=key)).data for row in rows]
    return rows, tasks, histories, files


async def stream(mock: Served, task_id: str, key: Mapping[str, str] | None = None) -> bytes:
    async with asyncio.timeout(10):
        return (await mock.call("GET", f"{TASKS}/{task_id}/stream", headers=key)).body


async def asking(mock: Served) -> tuple[str, aiohttp.ClientResponse]:
    """Return a task that awaits an approval, and its open stream."""
    task_id = await mock.create("Run exactly this shell command: echo hi", autoExecute=False)
    answer = await mock.session.get(f"{mock.url}{TASKS}/{task_id}/stream", headers=mock.key)
    await heard(answer, b"awaiting_approval")
    return task_id, answer


async def heard(answer: aiohttp.ClientResponse, piece: bytes) -> bytes:
    got = b""
    async with asyncio.timeout(10):
        while piece not in got:
            got += await answer.content.readany()
    return got


async def approve(mock: Served, task_id: str, key: Mapping[str, str] | None = None) -> int:
    task = (await mock.call("GET", f"{TASKS}/{task_id}", headers=key)).data
    call_id = task["pendingApprovals"][0]["callId"]
    path = f"{TASKS}/{task_id}/tools/{call_id}/approve"
    return (await mock.call("POST", path, headers=key, json={"outcome": "proceed_once"})).status


async def test_everything_of_a_project_comes_back(mock: Served) -> None:
    form = aiohttp.FormData()
    form.add_field("message", "Run exactly this shell command: echo $TOKEN")
    form.add_field("files", b"as it was", filename="a.txt")
    task_id = str((await mock.call("POST", TASKS, data=form)).data["id"])
    await stream(mock, task_id)
    await mock.did("arm_fault", fault="http.rate-limited", **{"with": {"nth": 1000}})
    await mock.call("GET", TASKS)
    await mock.did("advance_clock", by="10m")
    taken = await save(mock)
    state = [await mock.did(name) for name in ("show_clock", "list_timers", "list_armed_faults")]
    before, replay = await seen(mock), await stream(mock, task_id)

    file = mock.application.base.data_dir / "workspaces" / task_id / "uploads" / "a.txt"
    file.write_bytes(b"changed")
    await mock.call("POST", f"{TASKS}/{task_id}/messages", json={"message": "more"})
    await stream(mock, task_id)
    other = await mock.finished()
    await mock.did("clear_faults")
    await mock.did("advance_clock", by="1h")
    await restore(mock)

    restored = [await mock.did(name) for name in ("show_clock", "list_timers", "list_armed_faults")]
    assert taken["tasks"] == {task_id: "completed"}
    assert [each["now"] for each in restored[:2]] == [each["now"] for each in state[:2]]
    timers = [[{**each, "number": None} for each in told[1]["timers"]] for told in (restored, state)]
    assert timers[0] == timers[1], "a timer that is set anew differs by its number alone"
    assert [(each["fault"], each["seen"]) for each in restored[2]["active"]] == [
        (each["fault"], each["seen"]) for each in state[2]["active"]
    ]
    assert await seen(mock) == before
    assert await stream(mock, task_id) == replay
    assert file.read_bytes() == b"as it was"
    assert await mock.finished() == other


async def test_a_change_after_a_restore_does_not_reach_the_snapshot(mock: Served) -> None:
    task_id = await mock.finished()
    file = mock.application.base.data_dir / "workspaces" / task_id / "a.txt"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"kept")
    await save(mock)
    for _ in range(2):
        await restore(mock)
        assert file.read_bytes() == b"kept"
        with file.open("r+b") as opened:
            opened.write(b"lost")


async def test_an_open_approval_is_open_again(mock: Served) -> None:
    task_id, first = await asking(mock)
    taken = await save(mock)
    before = (await mock.call("GET", f"{TASKS}/{task_id}")).data
    assert await approve(mock, task_id) == 200
    ending = await first.read()
    replay = await stream(mock, task_id)

    await restore(mock)
    again = (await mock.call("GET", f"{TASKS}/{task_id}")).data
    second = await mock.session.get(f"{mock.url}{TASKS}/{task_id}/stream", headers=mock.key)
    caught_up = await heard(second, b"awaiting_approval")
    assert await approve(mock, task_id) == 200
    ending_again = await second.read()

    assert taken["tasks"] == {task_id: "awaiting_approval"}
    assert again == before
    assert caught_up.count(b"event: tool_call") == 1
    assert ending_again == ending
    assert await stream(mock, task_id) == replay


async def test_an_approval_is_given_up_when_what_was_left_has_passed(mock: Served) -> None:
    task_id, opened = await asking(mock)
    await mock.did("advance_clock", by="23h")
    await save(mock)
    opened.close()
    await restore(mock)

    early = await mock.did("advance_clock", by="59m")
    late = await mock.did("advance_clock", by="1m")

    assert "approval_deadline" not in early["counts"]
    assert late["counts"]["approval_deadline"] == 1
    assert b'"status":"cancelled"' in await stream(mock, task_id)


async def test_a_task_that_waits_for_its_first_stream_does_so_again(mock: Served) -> None:
    task_id = await mock.create()
    await save(mock)
    whole = await stream(mock, task_id)

    await restore(mock)

    assert (await mock.call("GET", f"{TASKS}/{task_id}")).data["status"] == "pending"
    assert await stream(mock, task_id) == whole


async def test_secrets_of_a_live_session_come_back_and_stay_off_the_disk(mock: Served) -> None:
    secret = "tr0ub4dor-and-3"
    task_id = await mock.create("Run exactly this shell command: echo $TOKEN", secrets={"TOKEN": secret})
    await stream(mock, task_id)
    await save(mock)
    await restore(mock)
    again = {"message": "Run exactly this shell command: echo <$TOKEN>"}
    await mock.call("POST", f"{TASKS}/{task_id}/messages", json=again)
    told = await stream(mock, task_id)

    assert secret.encode() not in told
    assert b"is not set" not in told
    assert b"echo <$TOKEN>" in told
    kept = [path for path in mock.application.base.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in kept if secret.encode() in path.read_bytes()]


async def test_a_task_at_work_is_named_and_nothing_is_kept(
    mock: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_PATIENCE_SECONDS", 0.05)
    working, done = asyncio.Event(), asyncio.Event()

    async def program(*_call: object) -> bytes:
        working.set()
        await done.wait()
        return b""

    backend = mock.application.platform.sessions._backend
    assert isinstance(backend, ScriptedBackend)
    backend.program = program
    task_id = await mock.create("Run exactly this shell command: make")
    opened = await mock.session.get(f"{mock.url}{TASKS}/{task_id}/stream", headers=mock.key)
    await working.wait()
    reply = await mock.ask("take_snapshot")
    done.set()
    await opened.read()

    assert (reply.status, reply.code, task_id in reply.message) == (409, "CONFLICT", True)
    assert (await mock.did("list_snapshots"))["snapshots"] == []
    folder = mock.application.base.data_dir / "snapshots"
    assert not folder.exists() or list(folder.iterdir()) == []


async def test_forks_go_their_own_ways(mock: Served) -> None:
    task_id, opened = await asking(mock)
    done = await mock.finished("Remember the codeword heron")
    await save(mock)
    before = await seen(mock)

    forks = (await mock.did("fork_snapshot", name="before", count=2))["forks"]
    keys = [{"Authorization": f"Bearer {fork['api_key']}"} for fork in forks]
    theirs = [fork["tasks"][task_id] for fork in forks]
    assert await approve(mock, theirs[0], keys[0]) == 200
    ending = await stream(mock, theirs[0], keys[0])

    assert b"event: done" in ending or b'"isStreaming":false' in ending
    other = (await mock.call("GET", f"{TASKS}/{theirs[1]}", headers=keys[1])).data
    assert other["status"] == "awaiting_approval"
    assert await seen(mock) == before
    assert (await mock.call("GET", f"{TASKS}/{theirs[0]}", headers=keys[1])).code == "NOT_FOUND"
    assert (await mock.call("GET", f"{TASKS}/{theirs[0]}")).code == "NOT_FOUND"
    assert await stream(mock, forks[1]["tasks"][done], keys[1]) == await stream(mock, done)
    ids = {fork["project"] for fork in forks} | {task for fork in forks for task in fork["tasks"].values()}
    assert len(ids) == 2 + 4
    clocks = [(await mock.did("show_clock", fork["project"]))["mode"] for fork in forks]
    assert clocks == ["manual", "manual"]
    opened.close()


async def test_a_snapshot_is_listed_shown_deleted_and_nobody_elses(mock: Served) -> None:
    await mock.finished()
    await save(mock, "one")
    second = await mock.did("take_snapshot")

    listed = await mock.did("list_snapshots")
    assert [each["name"] for each in listed["snapshots"]] == ["one", "snapshot-1"]
    assert await mock.did("show_snapshot", name="snapshot-1") == second
    assert (await mock.did("list_snapshots", "elsewhere"))["snapshots"] == []
    theirs = await mock.ask("restore_snapshot", "elsewhere", name="one")
    assert theirs.code == "NOT_FOUND"
    await mock.did("delete_snapshot", name="one")
    gone = await mock.ask("show_snapshot", name="one")
    assert (gone.code, "snapshot-1" in gone.message) == ("NOT_FOUND", True)


async def test_a_restore_leaves_other_projects_alone(mock: Served) -> None:
    made = await mock.did("create_project")
    key = {"Authorization": f"Bearer {made['api_key']}"}
    await save(mock)
    theirs = (await mock.call("POST", TASKS, headers=key, json={"message": "hi"})).data["id"]

    await restore(mock)

    assert (await mock.call("GET", f"{TASKS}/{theirs}", headers=key)).status == 200


async def test_streams_of_a_restored_project_end_and_say_why(mock: Served) -> None:
    _, opened = await asking(mock)
    await save(mock)
    await restore(mock)

    assert b"PROJECT_RESET" in await opened.read()


async def test_files_of_a_server_before_are_removed(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        await mock.finished()
        await save(mock)
        folder = mock.application.base.data_dir / "snapshots"
        assert folder.exists()
    async with serving(tmp_path):
        await eventually(lambda: not folder.exists())
