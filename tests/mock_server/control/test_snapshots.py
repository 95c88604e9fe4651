"""Snapshots: a project is restored completely, and forks are independent."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sigmic_mock.runtime.clock.mode import MANUAL
from tests.fakes.served import TASKS, Served, serving
from tests.fakes.waiting import eventually


@pytest.fixture
async def mock(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, clock=MANUAL, seed=7) as served:
        yield served


async def save(mock: Served, name: str = "before") -> Any:
    return await mock.did("take_snapshot", name=name)


async def restore(mock: Served, name: str = "before") -> Any:
    return await mock.did("restore_snapshot", name=name)


async def seen(mock: Served) -> Any:
    """Return all data of the project that a client can read."""
    rows = (await mock.call("GET", TASKS)).json["data"]
    parts = ("", "/history", "/artifacts")
    return rows, [
        [(await mock.call("GET", f"{TASKS}/{row['id']}{part}")).data for part in parts] for row in rows
    ]


async def test_everything_of_a_project_comes_back(mock: Served) -> None:
    form = aiohttp.FormData()
    form.add_field("message", "Run exactly this shell command: echo $TOKEN")
    form.add_field("files", b"as it was", filename="a.txt")
    task_id = str((await mock.call("POST", TASKS, data=form)).data["id"])
    await mock.stream(task_id)
    await mock.did("arm_fault", fault="http.rate-limited", **{"with": {"nth": 1000}})
    await mock.call("GET", TASKS)
    await mock.did("advance_clock", by="10m")
    taken = await save(mock)
    state = [await mock.did(name) for name in ("show_clock", "list_timers", "list_armed_faults")]
    before, replay = await seen(mock), await mock.stream(task_id)

    file = mock.application.base.data_dir / "workspaces" / task_id / "uploads" / "a.txt"
    file.write_bytes(b"changed")
    await mock.say(task_id, "more")
    await mock.stream(task_id)
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
    assert await mock.stream(task_id) == replay
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


async def test_a_task_that_waits_for_an_approval_is_named(mock: Served) -> None:
    mock.application.platform.snapshots.patience_seconds = 0.05
    stream = await mock.asking()

    refused = await mock.ask("take_snapshot", name="before")

    assert (refused.status, refused.code) == (409, "CONFLICT")
    assert stream.task in refused.message
    assert "A task that waits for an approval" in refused.message
    await mock.approve(stream.task)
    assert b"event: done" in await stream.rest()
    assert (await save(mock))["tasks"] == {stream.task: "completed"}


async def test_secrets_of_a_live_session_come_back_and_stay_off_the_disk(mock: Served) -> None:
    secret = "tr0ub4dor-and-3"
    task_id = await mock.create("Run exactly this shell command: echo $TOKEN", secrets={"TOKEN": secret})
    await mock.stream(task_id)
    await save(mock)
    await restore(mock)
    await mock.say(task_id, "Run exactly this shell command: echo <$TOKEN>")
    told = await mock.stream(task_id)

    assert secret.encode() not in told
    assert b"is not set" not in told
    assert b"echo <$TOKEN>" in told
    kept = [path for path in mock.application.base.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in kept if secret.encode() in path.read_bytes()]


async def test_forks_go_their_own_ways(mock: Served) -> None:
    task_id = await mock.finished("Remember the codeword heron")
    done = await mock.finished()
    await save(mock)
    before = await seen(mock)

    forks = (await mock.did("fork_snapshot", name="before", count=2))["forks"]
    one, other = (mock.by(fork["api_key"]) for fork in forks)
    theirs = [fork["tasks"][task_id] for fork in forks]
    await one.say(theirs[0], "What is the codeword?")

    assert b"heron" in await one.stream(theirs[0])
    assert b"What is the codeword?" not in await other.stream(theirs[1])
    assert await seen(mock) == before
    for stranger in (mock, other):
        assert (await stranger.call("GET", f"{TASKS}/{theirs[0]}")).code == "NOT_FOUND"
    assert await other.stream(forks[1]["tasks"][done]) == await mock.stream(done)
    ids = {fork["project"] for fork in forks} | {task for fork in forks for task in fork["tasks"].values()}
    assert len(ids) == 2 + 4


async def test_a_snapshot_is_listed_shown_and_deleted_only_in_its_project(mock: Served) -> None:
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
    other = mock.by((await mock.did("create_project"))["api_key"])
    await save(mock)
    theirs = await other.create()

    await restore(mock)

    assert (await other.task(theirs))["status"] == "pending"


async def test_streams_of_a_restored_project_end_and_say_why(mock: Served) -> None:
    await save(mock)
    stream = await mock.asking()
    await restore(mock)

    assert b"PROJECT_RESET" in await stream.rest()


async def test_files_of_a_server_before_are_removed(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        await mock.finished()
        await save(mock)
        folder = mock.application.base.data_dir / "snapshots"
        assert folder.exists()
    async with serving(tmp_path):
        await eventually(lambda: not folder.exists())
