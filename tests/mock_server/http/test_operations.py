"""The eleven operations, as a client uses them; answers are checked against the document on the way."""

import asyncio
import zipfile
from io import BytesIO
from pathlib import Path

import aiohttp

from sigmic_conformance.mock_server.config import defaults
from tests.fakes.served import STRANGER_KEY, VIEWER_KEY, Served, serving

TASKS = "/api/v1/tasks"
TOKEN = "/api/v1/auth/token"


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


async def test_a_task_from_its_creation_to_its_end(mock: Served):
    created = await mock.call(
        "POST", TASKS, json={"message": "What is 2+2?", "env": {"A": "b"}, "secrets": {"S": "hunter2"}}
    )
    task = f"{TASKS}/{created.data['id']}"
    stream = await mock.call("GET", f"{task}/stream")
    read = await mock.call("GET", task)
    history = await mock.call("GET", f"{task}/history")
    listed = await mock.call("GET", TASKS)

    assert (created.status, created.data["status"]) == (201, "pending")
    assert read.data["status"] == "completed"
    assert (read.data["env"], read.data["systemPrompt"], read.data["error"]) == ({"A": "b"}, None, None)
    assert read.data["output"]["content"] == history.data["messages"][1]["content"]
    assert "pendingApprovals" not in read.data
    assert [message["role"] for message in history.data["messages"]] == ["user", "assistant"]
    assert (listed.data[0]["id"], listed.data[0]["messageCount"]) == (created.data["id"], 2)
    assert listed.json["pagination"] == {"total": 1, "limit": 50, "offset": 0, "hasMore": False}
    assert [b"hunter2" in reply.body for reply in (created, stream, read, history, listed)] == [False] * 5


async def test_a_pending_task_has_null_where_nothing_is_yet_and_no_output(mock: Served):
    created = await mock.call("POST", TASKS, json={"message": "hi", "systemPrompt": None, "env": None})

    data = (await mock.call("GET", f"{TASKS}/{created.data['id']}")).data

    assert data["completedAt"] is None
    assert data["env"] is None


async def test_an_approval_is_asked_for_given_and_used_up(mock: Served):
    task_id = await mock.create("Run exactly this shell command: `ls`", autoExecute=False)
    task = f"{TASKS}/{task_id}"
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    writer.write(mock.head("GET", f"{task}/stream"))
    await reader.readuntil(b"awaiting_approval")
    waiting = (await mock.call("GET", task)).data
    (pending,) = waiting["pendingApprovals"]
    approve = f"{task}/tools/{pending['callId']}/approve"

    wrong = await mock.call("POST", approve, json={"outcome": "maybe"})
    unknown = await mock.call("POST", f"{task}/tools/none/approve", json={"outcome": "cancel"})
    given = await mock.call("POST", approve, json={"outcome": "proceed_once"})
    rest = await reader.read()
    again = await mock.call("POST", approve, json={"outcome": "proceed_once"})
    writer.close()

    assert waiting["status"] == "awaiting_approval"
    assert set(pending) == {"callId", "toolName", "args"}
    assert (wrong.status, wrong.code) == (400, "VALIDATION_ERROR")
    assert (unknown.status, again.status) == (404, 404)
    assert given.data == {"approved": True}
    assert b"event: tool_result" in rest


async def test_a_follow_up_with_files_and_a_zip(mock: Served):
    task_id = await mock.finished()
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("folder/inner.txt", "deep")
    form = aiohttp.FormData({"message": "List the files"})
    form.add_field("files", b"a,b\n", filename="data.csv", content_type="text/csv")
    form.add_field("files", archive.getvalue(), filename="pack.zip")

    sent = await mock.call("POST", f"{TASKS}/{task_id}/messages", data=form)
    await mock.call("GET", f"{TASKS}/{task_id}/stream")
    message = (await mock.call("GET", f"{TASKS}/{task_id}/history")).data["messages"][2]
    files = (await mock.call("GET", f"{TASKS}/{task_id}/artifacts")).data["files"]

    assert (sent.status, sent.data) == (200, {"status": "running"})
    assert message["content"] == "List the files"
    assert {"name": "data.csv", "path": "uploads/data.csv"} in message["attachedFiles"]
    assert {"uploads/data.csv", "uploads/folder/inner.txt"} == {file["path"] for file in files}
    assert list((mock.application.data_dir / "staging").iterdir()) == []


async def test_a_follow_up_while_the_task_waits_is_a_conflict_before_its_body_is_read(mock: Served):
    task_id = await mock.create("Run exactly this shell command: `ls`", autoExecute=False)

    reply = await mock.call("POST", f"{TASKS}/{task_id}/messages", data=b"{not json")

    assert (reply.status, reply.code) == (409, "CONFLICT")


async def test_a_task_is_cancelled_once(mock: Served):
    task_id = await mock.create("Run exactly this shell command: `ls`", autoExecute=False)

    first = await mock.call("DELETE", f"{TASKS}/{task_id}")
    second = await mock.call("DELETE", f"{TASKS}/{task_id}")

    assert first.data == {"message": "Task cancelled"}
    assert (second.status, second.code) == (409, "CONFLICT")
    assert (await mock.call("GET", f"{TASKS}/{task_id}")).data["status"] == "cancelled"


async def test_a_stranger_and_a_viewer(mock: Served):
    task_id = await mock.create()
    stranger, viewer = bearer(STRANGER_KEY), bearer(VIEWER_KEY)

    seen = await mock.call("GET", f"{TASKS}/{task_id}", headers=viewer)
    hidden = await mock.call("GET", f"{TASKS}/{task_id}", headers=stranger)
    cancel = await mock.call("DELETE", f"{TASKS}/{task_id}", headers=viewer)
    listed = await mock.call("GET", TASKS, headers=stranger)

    assert (seen.status, hidden.status, cancel.code) == (200, 404, "FORBIDDEN")
    assert listed.data == []


async def test_end_users_see_their_own_tasks_and_no_variables(mock: Served):
    async def token(user: str) -> dict[str, str]:
        body = {"appId": "app_shop", "appSecret": "shop-secret", "endUserId": user, "env": {"TENANT": "acme"}}
        return bearer((await mock.call("POST", TOKEN, json=body, headers={})).data["token"])

    ann, bob = await token("ann"), await token("bob")
    created = await mock.call("POST", TASKS, json={"message": "What is 2+2?"}, headers=ann)
    task = f"{TASKS}/{created.data['id']}"

    own = await mock.call("GET", task, headers=ann)
    other = await mock.call("GET", task, headers=bob)
    by_key = await mock.call("GET", task)

    assert (own.data["username"], own.data["env"]) == ("ann", None)
    assert other.status == 404
    assert (await mock.call("GET", TASKS, headers=bob)).data == []
    assert by_key.status == 200


async def test_either_header_carries_a_key(mock: Served):
    assert (await mock.call("GET", TASKS, headers={"X-API-Key": defaults.API_KEY})).status == 200


async def test_the_server_says_how_it_is(mock: Served):
    health = await mock.call("GET", "/healthz", headers={})
    metrics = await mock.call("GET", "/metrics", headers={})

    assert (health.json["status"], health.json["sandbox"]["backend"]) == ("ok", "scripted")
    assert b'sigmic_mock_requests_total{operation="healthz",status="200"} 1.0' in metrics.body
    assert metrics.headers["Content-Type"].startswith("text/plain")


async def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path):
    async with serving(tmp_path) as mock:
        task_id = await mock.finished("What is the capital of France?")
    async with serving(tmp_path) as mock:
        task = await mock.call("GET", f"{TASKS}/{task_id}")
        history = await mock.call("GET", f"{TASKS}/{task_id}/history")

    assert task.data["status"] == "completed"
    assert "Paris" in history.data["messages"][1]["content"]
