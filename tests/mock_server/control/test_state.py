"""Resetting a project, and ending a session early."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigmic_mock.runtime.clock.mode import MANUAL
from tests.fakes.served import STRANGER_KEY, Served, serving
from tests.fakes.waiting import eventually


async def test_a_reset_deletes_the_tasks_and_files_of_its_project_only(mock: Served) -> None:
    stranger = mock.by(STRANGER_KEY)
    kept = await stranger.create()
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
    assert (await stranger.task(kept))["id"] == kept
    await eventually(lambda: not (workspaces / gone).exists())


PARTS: Mapping[str, tuple[str, str, Mapping[str, Any], Mapping[str, Any]]] = {
    "settings": ("change_settings", "show_settings", {"prompts": ["Kept."]}, {"prompts": ["Lost."]}),
    "members": (
        "give_roles",
        "show_members",
        {"members": {"linus": "viewer"}},
        {"members": {"grace": "viewer"}},
    ),
    "clock": ("change_clock", "show_clock", {"mode": "autojump"}, {"mode": "scaled:60"}),
    "seed": ("change_seed", "show_seed", {"seed": 7}, {"seed": 8}),
}
"""By name in `reset`: the operations that change and show a part of a project, and two values for it."""


async def test_each_part_is_kept_by_a_snapshot_forked_and_put_back_alone(tmp_path: Path) -> None:
    async def shown(project: str | None = None) -> dict[str, Any]:
        answers = {part: await mock.did(show, project) for part, (_, show, _, _) in PARTS.items()}
        return {part: {**answer, "project": "", "now": ""} for part, answer in answers.items()}

    async with serving(tmp_path, clock=MANUAL) as mock:
        fresh = await shown()
        for change, _, kept, _ in PARTS.values():
            await mock.did(change, **kept)
        before = await shown()
        await mock.did("take_snapshot", name="s")
        for change, _, _, lost in PARTS.values():
            await mock.did(change, **lost)

        (fork,) = (await mock.did("fork_snapshot", name="s"))["forks"]
        await mock.did("restore_snapshot", name="s")

        assert await shown() == before
        assert await shown(fork["project"]) == before
        for part in PARTS.keys() - {"seed"}:  # a reset restarts the seed's ids
            assert (await mock.did("reset", scope=[part]))["reset"] == [part]
            before[part] = fresh[part]
            assert await shown() == before
        assert await shown("elsewhere") == fresh


async def test_a_reset_is_quick(mock: Served) -> None:
    took = []
    for _ in range(9):
        await mock.finished()
        started = time.process_time()
        await mock.application.platform.resetting.reset("10ca1000-0000-4000-8000-000000000001")
        took.append(time.process_time() - started)

    # The documented limit is 5 ms; here the median may share its processor's caches with other tests.
    assert sorted(took)[4] < 0.05


async def test_a_session_is_ended_before_its_time_and_restored(mock: Served) -> None:
    task_id = await mock.finished("Run exactly this shell command: echo hi")
    before = (await mock.task(task_id))["sessionId"]

    first = await mock.ask("expire_session", task=task_id)
    second = await mock.ask("expire_session", task=task_id)

    assert first.json == {"task": task_id, "session": before, "expired": True}
    assert second.json["expired"] is False
    assert mock.application.platform.sessions.live == 0
    await mock.say(task_id, "again")
    await mock.stream(task_id)
    assert (await mock.task(task_id))["sessionId"] != before


async def test_a_session_at_work_is_not_ended(mock: Served) -> None:
    task_id = await mock.create("Wait 10 minutes")

    reply = await mock.ask("expire_session", task=task_id)

    assert (reply.status, reply.code) == (409, "CONFLICT")
