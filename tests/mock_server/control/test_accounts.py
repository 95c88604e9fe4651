"""Fresh projects, keys and tokens."""

import time
from pathlib import Path

import pytest

from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.domain.credentials import is_api_key
from tests.fakes.served import Served, serving

CONTROL = "/__mock/v1"


async def made(mock: Served, path: str, *, project: str | None = None, **body):
    query = {} if project is None else {"project": project}
    reply = await mock.call("POST", CONTROL + path, headers=mock.control, json=body, params=query)
    assert reply.status == 200, reply.body
    return reply.json


async def test_a_fresh_project_works_and_sees_nothing_of_others(mock: Served) -> None:
    theirs = await mock.finished()
    project = await made(mock, "/projects", name="mine", clock="manual")
    key = {"Authorization": f"Bearer {project['api_key']}"}

    assert is_api_key(project["api_key"])
    assert (await mock.call("GET", "/api/v1/tasks", headers=key)).json["pagination"]["total"] == 0
    assert (await mock.call("GET", f"/api/v1/tasks/{theirs}", headers=key)).code == "NOT_FOUND"
    clock = await mock.call(
        "GET", f"{CONTROL}/clock", headers={**mock.control, "X-API-Key": project["api_key"]}
    )
    assert (clock.json["project"], clock.json["mode"]) == (project["project"], "manual")
    default = await mock.call("GET", f"{CONTROL}/clock", headers=mock.control)
    assert default.json["mode"] == "real"


async def test_every_project_is_listed(mock: Served) -> None:
    project = await made(mock, "/projects", name="mine")
    listed = (await mock.call("GET", f"{CONTROL}/projects", headers=mock.control)).json

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
    project = await made(mock, "/projects", origins=["http://localhost:3000"])
    asked = {"appId": project["app_id"], "appSecret": project["app_secret"], "endUserId": "u"}

    reply = await mock.call("POST", "/api/v1/auth/token", headers={}, json=asked)
    token = {"Authorization": f"Bearer {reply.data['token']}"}

    assert (await mock.call("GET", "/api/v1/tasks", headers=token)).status == 200


async def test_a_key_has_its_role_and_its_end(mock: Served) -> None:
    project = await made(mock, "/projects", clock="manual")
    viewer = await made(mock, "/keys", project=project["project"], role="viewer", expires_in="1h")
    key = {"Authorization": f"Bearer {viewer['api_key']}"}

    assert (await mock.call("GET", "/api/v1/tasks", headers=key)).status == 200
    assert (await mock.call("POST", "/api/v1/tasks", headers=key, json={"message": "x"})).code == "FORBIDDEN"
    moved = await mock.call(
        "POST",
        f"{CONTROL}/clock/advance",
        headers=mock.control,
        json={"by": "1h"},
        params={"project": project["project"]},
    )
    assert moved.status == 200
    assert (await mock.call("GET", "/api/v1/tasks", headers=key)).code == "INVALID_API_KEY"


async def test_a_deleted_project_leaves_nothing_behind(mock: Served) -> None:
    project = await made(mock, "/projects", clock="manual", seed=1)
    other = await made(mock, "/projects")
    key, others = ({"Authorization": f"Bearer {each['api_key']}"} for each in (project, other))
    await made(
        mock, "/faults", project=project["project"], fault="http.rate-limited", **{"with": {"nth": 99}}
    )
    created = await mock.call(
        "POST", "/api/v1/tasks", headers=key, json={"message": "Run exactly this shell command: echo hi"}
    )
    stream = await mock.session.get(f"{mock.url}/api/v1/tasks/{created.data['id']}/stream", headers=key)
    kept = await mock.call("POST", "/api/v1/tasks", headers=others, json={"message": "hi"})

    gone = await mock.call("DELETE", f"{CONTROL}/projects/{project['project']}", headers=mock.control)

    application = mock.application
    assert gone.json == {"deleted": project["project"]}
    assert b"event: " in await stream.read()
    assert (await mock.call("GET", "/api/v1/tasks", headers=key)).code == "INVALID_API_KEY"
    assert mock.faults.active(project["project"]) == ()
    assert await application.platform.resetting.reset(project["project"]) == 0
    named = await mock.call(
        "GET", f"{CONTROL}/clock", headers=mock.control, params={"project": project["project"]}
    )
    assert named.code == "NOT_FOUND"
    assert (await mock.call("GET", f"/api/v1/tasks/{kept.data['id']}", headers=others)).status == 200
    again = await mock.call("DELETE", f"{CONTROL}/projects/{project['project']}", headers=mock.control)
    assert again.code == "NOT_FOUND"


async def test_a_declared_project_is_not_deleted(mock: Served) -> None:
    reply = await mock.call("DELETE", f"{CONTROL}/projects/elsewhere", headers=mock.control)

    assert (reply.code, "reset it" in reply.message) == ("CONFLICT", True)


async def test_minted_accounts_outlive_the_server_until_they_are_deleted(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        project, gone = [await made(mock, "/projects") for _ in range(2)]
        extra = await made(mock, "/keys", role="viewer")
        await mock.call("DELETE", f"{CONTROL}/projects/{gone['project']}", headers=mock.control)
    async with serving(tmp_path) as mock:
        codes = [
            (
                await mock.call(
                    "GET", "/api/v1/tasks", headers={"Authorization": f"Bearer {each['api_key']}"}
                )
            ).status
            for each in (project, extra, gone)
        ]
        deleted = await mock.call("DELETE", f"{CONTROL}/projects/{project['project']}", headers=mock.control)

    assert codes == [200, 200, 401]
    assert deleted.status == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/projects", {"clock": "manul"}, 400, "did you mean manual?"),
        ("/projects", {"name": ""}, 400, "1 to 200"),
        ("/projects", {"origins": ["*"]}, 400, "exact origin"),
        ("/keys", {"expires_in": "never"}, 400, "expires_in must be"),
        ("/tokens", {"end_user": "u", "expires_in": "banana"}, 400, "30m"),
        ("/tokens", {"end_user": "u", "app_id": "app_nobody"}, 404, "no such widget app"),
    ],
)
async def test_a_mistake_is_told(mock: Served, path, body, status, told) -> None:
    reply = await mock.call("POST", CONTROL + path, headers=mock.control, json=body)

    assert reply.status == status
    assert told in reply.message
