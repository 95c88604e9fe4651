"""Snapshots: what they contain, what they refuse, and how a fork differs."""

import asyncio

import pytest

from sigmic_mock.agent.turn import CallScript
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Principal
from sigmic_mock.runtime import slices
from sigmic_mock.runtime.clock.activity import Activity
from sigmic_mock.service.resetting import Resetting
from sigmic_mock.service.snapshots import MOST, Snapshots
from tests.fakes.house import ALICE, House
from tests.fakes.waiting import eventually

BEN = Principal(project_id="fork", api_key_id="key", username="ben")


@pytest.fixture
def snapshots(house: House) -> Snapshots:
    return Snapshots(
        house.deps,
        house.turns,
        Resetting(house.deps, house.turns),
        root=house.folder / "snapshots",
        activity=lambda _project: Activity(lambda: None),
        parts={},
        ids=house.ids.of(""),
    )


async def test_sandboxes_of_a_resumed_session_have_names_of_their_own(
    house: House, snapshots: Snapshots
) -> None:
    @house.agent.on("work")
    async def _(turn) -> None:
        await turn.call_tool("run_shell_command", {"command": "x"})

    task_id = await house.finish("work")
    await snapshots.take("project", "before")
    await snapshots.restore("project", "before")
    await snapshots.fork(snapshots.get("project", "before"), "fork", "app")
    for caller in (ALICE, BEN):
        [row] = (await house.tasks.list(caller)).items
        await house.tasks.send_message(caller, row.task.id, "work")
        await house.hear(row.task.id, by=caller)

    names = [sandbox.id for sandbox in house.backend.made]
    assert len(set(names)) == len(names) == 3
    assert task_id in {row.task.id for row in (await house.tasks.list(ALICE)).items}


async def test_a_task_at_work_is_named_and_nothing_is_kept(house: House, snapshots: Snapshots) -> None:
    working, done = asyncio.Event(), asyncio.Event()

    async def program(*_call: object) -> bytes:
        working.set()
        await done.wait()
        return b""

    @house.agent.on("work")
    async def _(turn) -> None:
        await turn.call_tool("run_shell_command", {"command": "make"})

    house.backend.program = program
    snapshots.patience_seconds = 0.05
    task_id = await house.create("work")
    stream = await house.listen(task_id)
    await working.wait()

    with pytest.raises(ApiError, match=f"a turn is running in 1 task: {task_id}") as refused:
        await snapshots.take("project")
    assert (refused.value.code, snapshots.of("project")) == (ErrorCode.CONFLICT, ())
    assert not (house.folder / "snapshots").exists()

    snapshots.patience_seconds = 60
    taking = asyncio.create_task(snapshots.take("project"))
    done.set()
    await house.heard(stream)
    assert (await taking).ids == (task_id,)


async def test_tasks_that_wait_have_a_running_turn_and_are_named_up_to_a_bound(
    house: House, snapshots: Snapshots
) -> None:
    @house.agent.on("ask")
    async def _(turn) -> None:
        await turn.call_tool("run_shell_command", {"command": "x"}, CallScript(ask=True))

    snapshots.patience_seconds = 0.05
    asking = await house.create("ask")
    await house.listen(asking)
    await eventually(lambda: bool(house.turns.pending_approvals(asking)))
    unheard = [await house.create() for _ in range(5)]

    with pytest.raises(ApiError) as refused:
        await snapshots.take("project")

    assert refused.value.message == (
        f"Could not save the snapshot: a turn is running in 6 tasks: {asking}, {', '.join(unheard[:4])}, …."
        " A task that waits for an approval, for time or for its first stream has a running turn too."
        " Let them end, or cancel them"
    )


async def test_thousands_of_sessions_are_ended_and_resumed_in_slices(
    house: House, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        await house.finish()
    monkeypatch.setattr(slices, "_SECONDS", 0.0)
    changes: list[int] = []

    async def watch() -> None:
        live = house.sessions.live
        while True:
            changes.append(abs(house.sessions.live - live))
            live = house.sessions.live
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    taken = await snapshots.take("project")
    await snapshots.restore("project", taken.name)
    await snapshots.fork(taken, "fork", "app")
    watching.cancel()

    assert house.sessions.live == 40
    assert (max(changes), sum(changes)) == (1, 60)


async def test_a_restore_that_cannot_be_saved_leaves_no_session(
    house: House, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def disk_full(_tasks: object) -> None:
        raise OSError("disk full")

    await house.finish()
    taken = await snapshots.take("project")
    monkeypatch.setattr(house.store, "insert", disk_full)

    with pytest.raises(OSError, match="disk full"):
        await snapshots.restore("project", taken.name)

    assert house.sessions.live == 0


async def test_a_name_is_taken_once_and_a_project_has_a_bound(house: House, snapshots: Snapshots) -> None:
    await snapshots.take("project", "a")
    with pytest.raises(ApiError) as twice:
        await snapshots.take("project", "a")
    for _ in range(MOST - 1):
        await snapshots.take("project")
    with pytest.raises(ApiError) as beyond:
        await snapshots.take("project")

    assert (twice.value.code, beyond.value.code) == (ErrorCode.CONFLICT, ErrorCode.CONFLICT)
    await snapshots.forget("project")
    assert snapshots.of("project") == ()
    assert list((house.folder / "snapshots").iterdir()) == []
