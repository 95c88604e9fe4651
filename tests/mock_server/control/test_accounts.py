"""Fresh projects, keys and tokens."""

import time
from pathlib import Path

from sigmic_mock.config import defaults
from tests.fakes.served import TASKS, Served, serving


async def test_every_project_is_listed(mock: Served) -> None:
    project = await mock.did("create_project", name="mine")
    listed = (await mock.ask("list_projects")).json

    assert listed["default"] == defaults.PROJECT_ID
    assert {"id": project["project"], "name": "mine", "declared": False} in listed["projects"]
    assert {"id": "elsewhere", "name": "Elsewhere", "declared": True} in listed["projects"]


async def test_a_fresh_project_takes_less_than_a_millisecond_to_make(mock: Served) -> None:
    minting = mock.application.platform.minting
    took = []
    for _ in range(50):
        started = time.thread_time()
        minting.project("one of many", frozenset())
        took.append(time.thread_time() - started)

    assert sorted(took)[25] < 0.001


async def test_its_widget_app_exchanges_tokens(mock: Served) -> None:
    project = await mock.did("create_project", origins=["http://localhost:3000"])
    asked = {"appId": project["app_id"], "appSecret": project["app_secret"], "endUserId": "u"}

    reply = await mock.call("POST", "/api/v1/auth/token", headers={}, json=asked)
    token = {"Authorization": f"Bearer {reply.data['token']}"}

    assert (await mock.call("GET", "/api/v1/tasks", headers=token)).status == 200


async def test_a_key_has_its_role_and_its_end(mock: Served) -> None:
    project = await mock.did("create_project", clock="manual")
    made = await mock.did("create_key", project["project"], role="viewer", expires_in="1h")
    viewer = mock.by(made["api_key"])

    assert (await viewer.call("GET", TASKS)).status == 200
    assert (await viewer.call("POST", TASKS, json={"message": "x"})).code == "FORBIDDEN"
    await mock.did("advance_clock", project["project"], by="1h")
    assert (await viewer.call("GET", TASKS)).code == "INVALID_API_KEY"


async def test_a_deleted_project_leaves_nothing_behind(mock: Served) -> None:
    made = [await mock.did("create_project", clock="manual", seed=1) for _ in range(2)]
    project, own, other = made[0]["project"], *(mock.by(each["api_key"]) for each in made)
    await mock.did("arm_fault", project, fault="http.rate-limited", **{"with": {"nth": 99}})
    stream = await own.follow(await own.create("Run exactly this shell command: echo hi"))
    kept = await other.create()

    assert await mock.did("delete_project", id=project) == {"deleted": project}

    assert b"event: " in await stream.rest()
    assert (await own.call("GET", TASKS)).code == "INVALID_API_KEY"
    assert mock.faults.active(project) == ()
    assert await mock.application.platform.resetting.reset(project) == 0
    assert (await mock.ask("show_clock", project)).code == "NOT_FOUND"
    assert (await mock.ask("delete_project", id=project)).code == "NOT_FOUND"
    assert (await other.task(kept))["status"] == "pending"


async def test_minted_accounts_outlive_the_server_until_they_are_deleted(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        project, gone = [await mock.did("create_project") for _ in range(2)]
        extra = await mock.did("create_key", role="viewer")
        await mock.ask("delete_project", id=gone["project"])
    async with serving(tmp_path) as mock:
        callers = [mock.by(each["api_key"]) for each in (project, extra, gone)]
        codes = [(await caller.call("GET", TASKS)).status for caller in callers]
        deleted = await mock.ask("delete_project", id=project["project"])

    assert codes == [200, 200, 401]
    assert deleted.status == 200
