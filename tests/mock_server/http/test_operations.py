"""The eleven operations, as a client uses them; answers are checked against the document on the way."""

import zipfile
from io import BytesIO

import aiohttp

from tests.fakes.served import Served

TASKS = "/api/v1/tasks"


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


async def test_the_server_says_how_it_is(mock: Served):
    health = await mock.call("GET", "/healthz", headers={})
    metrics = await mock.call("GET", "/metrics", headers={})

    assert (health.json["status"], health.json["sandbox"]["backend"]) == ("ok", "scripted")
    assert b'sigmic_mock_requests_total{operation="healthz",status="200"} 1.0' in metrics.body
    assert metrics.headers["Content-Type"].startswith("text/plain")
