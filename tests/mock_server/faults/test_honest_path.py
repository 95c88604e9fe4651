"""A project without armed faults takes the honest path: no fault code gets what its callers send."""

import io
import re
import zipfile
from pathlib import Path

import aiohttp

from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.faults.catalogue import specify
from tests.fakes.fault_calls import fault_calls
from tests.fakes.mcp_http_server import mcp_over_http
from tests.fakes.served import STRANGER_KEY, Served, serving
from tests.mock_server.console.test_console import call as console
from tests.mock_server.console.test_console import signed_in

GATE = {
    "current_request:current_request",
    "effect:_Replaced.__init__.<locals>.call",
    "effect:_Replaced._run",
    "effect:_Replaced._run.<locals>.<genexpr>",
    "engine:Faults.is_armed",
    "engine:Faults.is_armed.<locals>.<genexpr>",
    "engine:Faults.is_at_rest",
    "engine:Faults.may_act",
    "engine:Faults.may_fire",
    "engine:Faults.of_request",
}
"""What finds out whether an effect is called, where another project has a fault."""
SUBJECTS = re.compile(r"subject:(_|subject_of_\w+(\.<locals>\.<\w+>)?|Subject\.__init__)|<string>:__init__")
"""What reads which project and task something belongs to, and nothing else of it."""
BEFORE_THE_CALLER_IS_KNOWN = {
    "effect:before.<locals>.register.<locals>.around_async",
    "engine:Faults.here",
    "current_request:CurrentRequest.project",
    "current_request:track_request",
    "effects.requests:note_arrival",
    "effects.requests:tracks_request",
    "engine:Faults.is_confined",
    "engine:Faults.is_confined.<locals>.<genexpr>",
}
"""What may run for a project without faults while another project has one: its caller is not known yet."""
ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w") as archive:
    archive.writestr("folder/inner.txt", "inner")


def form(message: str) -> aiohttp.FormData:
    """A multipart message with a file and an archive."""
    data = aiohttp.FormData()
    data.add_field("message", message)
    data.add_field("files", b"a,b\n1,2\n", filename="data.csv")
    data.add_field("files", ZIP.getvalue(), filename="more.zip")
    return data


async def use_the_api(mock: Served) -> None:
    """Call every operation of the document, in each form of its body, well and badly."""
    await use_the_tasks(mock)
    token = await mock.call(
        "POST",
        "/api/v1/auth/token",
        headers={},
        json={"appId": "app_shop", "appSecret": "shop-secret", "endUserId": "ann", "env": {"A": "1"}},
    )
    assert token.status == 200, token.body
    task = await mock.create()
    for headers in ({"X-API-Key": STRANGER_KEY}, {"Authorization": f"Bearer {token.data['token']}"}):
        assert (await mock.call("GET", f"/api/v1/tasks/{task}", headers=headers)).status == 404


async def use_the_tasks(mock: Served) -> None:
    """Call every operation of tasks with the default key."""
    for sent in (
        {"json": {"message": "List the files.", "env": {"A": "b"}, "secrets": {"S": "tops3cret"}}},
        {"data": form("Which files are there? List their names.")},
        {"data": {"message": "Run: ls | grep a; yes &"}},
        {"json": {"message": ""}},
        {"data": b"{", "headers": {**mock.key, "Content-Type": "application/json"}},
    ):
        await mock.call("POST", "/api/v1/tasks", **sent)
    task = await mock.finished("Create a file named a.txt containing: b")
    root = f"/api/v1/tasks/{task}"
    assert (await mock.call("POST", f"{root}/messages", json={"message": "What is my name?"})).status == 200
    for path in ("/stream", "/history", "/artifacts", "", "/nothing"):
        await mock.call("GET", root + path, headers={**mock.key, "Last-Event-ID": "5", "Range": "bytes=0-3"})
    await mock.call("POST", f"{root}/messages", data=form("Read the file data.csv and list files"))
    await mock.call("GET", f"{root}/stream")
    download = f"{root}/artifacts/download?path=uploads/data.csv"
    assert (await mock.call("GET", download, headers={**mock.key, "Range": "bytes=0-3"})).status == 206
    for query in ("", "?limit=1&offset=1", "?limit=many"):
        await mock.call("GET", f"/api/v1/tasks{query}")
    await mock.call("HEAD", root)
    await mock.call("OPTIONS", "/api/v1/tasks", headers={"Origin": "http://localhost:1"})
    await approve(mock)
    with mcp_over_http() as server:
        servers = {"fake": {"type": "http", "url": server.url}}
        told = await mock.call(
            "PUT", "/__mock/v1/settings", headers=mock.control, json={"mcp_servers": servers}
        )
        assert told.status == 200, told.body
        await mock.finished('Call the tool mcp_fake_echo with arguments {"text": "hello"}.')
        assert any(path for path, _ in server.requests)


async def approve(mock: Served) -> None:
    """Answer one call, and cancel a task that waits for another answer."""
    for outcome in ("proceed_once", None):
        task = await mock.create("Run: ls", autoExecute=False)
        call = await waiting_call(mock, task)
        if outcome is None:
            assert (await mock.call("DELETE", f"/api/v1/tasks/{task}")).status == 200
        else:
            path = f"/api/v1/tasks/{task}/tools/{call}/approve"
            assert (await mock.call("POST", path, json={"outcome": outcome})).status == 200
        await mock.call("GET", f"/api/v1/tasks/{task}/stream")


async def waiting_call(mock: Served, task: str) -> str:
    """Return the id of the call that a task asks about, from its stream."""
    url = f"{mock.url}/api/v1/tasks/{task}/stream"
    async with mock.session.get(url, headers=mock.key) as stream:
        async for line in stream.content:
            if b"awaiting_approval" in line and b"callId" in line:
                return line.split(b'"callId":"')[1].split(b'"')[0].decode()
    raise AssertionError("the task asks about nothing")


async def use_the_console(mock: Served) -> None:
    cookie = await signed_in(mock)
    project = f"/projects/{defaults.PROJECT_ID}"
    for path in ("/session", "/projects", f"{project}/settings", f"{project}/tasks"):
        await console(mock, "GET", path, cookie)
    await console(mock, "POST", "/projects", cookie, {"name": "Other"})
    await mock.call("POST", "/__mock/v1/explain", headers=mock.control, json={"message": "Run: ls"})


async def test_no_fault_code_is_called_while_nothing_is_armed(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        with fault_calls() as calls:
            await use_the_api(mock)
            await use_the_console(mock)

    assert calls == {}


async def test_a_call_of_an_effect_is_found(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        mock.faults.arm(specify("history.words-with-files", {}), defaults.PROJECT_ID)
        with fault_calls() as calls:
            await mock.call("POST", "/api/v1/tasks", data=form("Which files are there?"))

    assert calls["effects.tasks:names_files_in_message"] == 1


async def test_a_fault_of_another_project_reads_no_known_caller(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        mock.faults.arm(specify("follow-up.files-misnamed", {}), "elsewhere")
        with fault_calls() as calls:
            await use_the_tasks(mock)

    called = {name for name in calls if not SUBJECTS.fullmatch(name)}
    assert called - GATE - BEFORE_THE_CALLER_IS_KNOWN == set()
