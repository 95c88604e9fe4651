"""Resetting a project, and ending a session before its time."""

import time
from pathlib import Path

from sigmic_conformance.mock_server.runtime.clock.mode import MANUAL
from tests.fakes.served import STRANGER_KEY, Served, serving
from tests.fakes.waiting import eventually

CONTROL = "/__mock/v1"


async def test_a_reset_forgets_the_projects_tasks_and_files_and_nobody_elses(mock: Served) -> None:
    stranger = {"Authorization": f"Bearer {STRANGER_KEY}"}
    kept = (await mock.call("POST", "/api/v1/tasks", headers=stranger, json={"message": "hi"})).data["id"]
    gone = await mock.finished("Run exactly this shell command: echo hi")
    workspaces = mock.application.base.data_dir / "workspaces"
    assert (workspaces / gone).is_dir()

    reply = await mock.ask("reset")

    assert reply.json["reset"] == [
        "faults",
        "playbooks",
        "settings",
        "members",
        "state",
        "clock",
        "seed",
        "journal",
    ]
    assert (await mock.call("GET", f"/api/v1/tasks/{gone}")).code == "NOT_FOUND"
    assert (await mock.call("GET", "/api/v1/tasks")).json["pagination"]["total"] == 0
    assert (await mock.call("GET", f"/api/v1/tasks/{kept}", headers=stranger)).status == 200
    await eventually(lambda: not (workspaces / gone).exists())


async def test_a_reset_of_one_thing_leaves_the_others(tmp_path: Path) -> None:
    async with serving(tmp_path, clock=MANUAL) as mock:
        task_id = await mock.finished()
        await mock.ask("change_clock", mode="autojump")

        reply = await mock.ask("reset", scope=["clock"])

        assert reply.json["reset"] == ["clock"]
        clock = await mock.ask("show_clock")
        assert clock.json["mode"] == "manual"
        assert (await mock.call("GET", f"/api/v1/tasks/{task_id}")).status == 200


async def test_a_reset_is_quick(mock: Served) -> None:
    took = []
    for _ in range(9):
        await mock.finished()
        started = time.process_time()
        await mock.application.platform.resetting.reset("10ca1000-0000-4000-8000-000000000001")
        took.append(time.process_time() - started)

    # The figure promised is 5 ms; the median here may share its processor's caches with other tests.
    assert sorted(took)[4] < 0.05


async def test_a_session_is_ended_before_its_time_and_restored(mock: Served) -> None:
    task_id = await mock.finished("Run exactly this shell command: echo hi")
    before = (await mock.call("GET", f"/api/v1/tasks/{task_id}")).data["sessionId"]

    first = await mock.ask("expire_session", task=task_id)
    second = await mock.ask("expire_session", task=task_id)

    assert first.json == {"task": task_id, "session": before, "expired": True}
    assert second.json["expired"] is False
    assert mock.application.platform.sessions.live == 0
    await mock.call("POST", f"/api/v1/tasks/{task_id}/messages", json={"message": "again"})
    await mock.call("GET", f"/api/v1/tasks/{task_id}/stream")
    assert (await mock.call("GET", f"/api/v1/tasks/{task_id}")).data["sessionId"] != before


async def test_a_session_at_work_is_not_ended(mock: Served) -> None:
    task_id = await mock.create("Wait 10 minutes")

    reply = await mock.ask("expire_session", task=task_id)

    assert (reply.status, reply.code) == (409, "CONFLICT")
