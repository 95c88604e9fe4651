"""A project without armed faults takes the honest path: no fault code gets what its callers send."""

import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

import sigmic_conformance.mock_server.faults.behaviour.mcp_servers  # noqa: F401 - else its classes, made late, count as calls
from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.faults.behaviour.tasks import FaultyTasks
from sigmic_conformance.mock_server.faults.catalogue import specify
from tests.fakes.fault_calls import fault_calls
from tests.fakes.mcp_http_server import mcp_over_http
from tests.fakes.served import STRANGER_KEY, Served, serving
from tests.mock_server.console.test_console import call as console
from tests.mock_server.console.test_console import signed_in

GATE = {
    "choice:Choice.__get__",
    "choice:FaultInjectingPart.may_fault",
    "choice:FaultInjectingWork.may_fault",
    "choice:may_act_here",
    "asker:Asker.may_act",
    "engine:Faults.may_act",
    "engine:Faults.is_at_rest",
    "engine:Faults.of_request",
    "behaviour.app:FaultyApp.may_fault",
    "behaviour.app:FaultyApp.faults",
    "behaviour.context:FaultyContext.may_fault",
    "behaviour.task_cache:FaultyTaskCache.may_fault",
    "wire.stream:FaultyStream.write",
    "wire.stream:FaultyStream._may_fault",
}
"""What chooses. Each takes the object that it chooses for, and nothing else."""
MAKERS = {
    "asker:Asker.__init__",
    "behaviour.approvals:FaultyApprovals.__init__",
    "behaviour.connection:FaultyConnection.__init__",
    "behaviour.connection:FaultyConnectionFactory.__call__",
    "behaviour.context:FaultyContext.faulty_stream",
    "behaviour.context:FaultyContext.subscriber",
    "behaviour.event_stream:FaultyEventStream.__init__",
    "behaviour.mcp_servers:FaultyMcpConnection.__init__",
    "behaviour.mcp_servers:FaultyMcpConnection._way",
    "behaviour.mcp_servers:FaultyMcpConnection._way.<locals>.<lambda>",
    "behaviour.mcp_servers:FaultyMcpServers.__init__",
    "behaviour.mcp_servers:FaultyMcpServers._connection",
    "behaviour.mcp_tools:FaultyMcpTools._asker",
    "behaviour.mcp_tools:FaultyMcpTools._servers",
    "behaviour.mcp_way:AlteringWay.__init__",
    "behaviour.mcp_way:_Stream.__init__",
    "behaviour.run:FaultyRun.__init__",
    "behaviour.run:FaultyRun._drive",
    "behaviour.run:FaultyRun._new_turn",
    "behaviour.runs:FaultyRuns._new_run",
    "behaviour.runs:FaultyRuns._new_run.<locals>.<lambda>",
    "behaviour.turn:FaultyToolCalls.__init__",
    "behaviour.turn:FaultyTurn.__init__",
    "behaviour.turn:FaultyTurn._new_approvals",
    "behaviour.turn:FaultyTurn._new_events",
    "behaviour.turn:FaultyTurn._new_tool_calls",
    "behaviour.turn:FaultyTurnEvents.__init__",
    "choice:run_for",
    "request_in_hand:go_on_in_run",
    "request_in_hand:in_hand",
    "wire.stream:FaultyStream.__init__",
}
"""What makes the objects that a fault may act on later. They keep what they get, and read none of it."""
UNREAD = {
    "behaviour.context:FaultyContext.faulty_stream.<locals>.<lambda>",
    "behaviour.event_stream:FaultyEventStream.conclude",
    "behaviour.mcp_way:AlteringWay.__aenter__",
    "behaviour.mcp_way:AlteringWay.__aexit__",
    "behaviour.mcp_way:_Arriving.__aiter__",
    "behaviour.mcp_way:_Arriving.__anext__",
    "behaviour.mcp_way:_Arriving.receive",
    "behaviour.mcp_way:_Leaving.send",
    "behaviour.mcp_way:_Stream.__aenter__",
    "behaviour.mcp_way:_Stream.__aexit__",
    "behaviour.mcp_way:_Stream.aclose",
    "wire.stream:FaultyStream.close",
    "wire.stream:FaultyStream.finish",
}
"""What ends a stream, and what passes on unread what an MCP server sends."""
BEFORE_THE_CALLER_IS_KNOWN = {
    "asker:Asker.parameters",
    "asker:Asker.wanted",
    "behaviour.app:FaultyApp.refuse",
    "engine:Faults.is_confined.<locals>.<genexpr>",
    "behaviour.app:FaultyApp._note_arrival",
    "behaviour.app:FaultyApp.answer",
    "behaviour.app:FaultyApp.match",
    "behaviour.app:FaultyApp.operate",
    "behaviour.app:_nowhere",
    "behaviour.authentication:FaultyAuthenticator.authenticate",
    "behaviour.task_cache:FaultyTaskCache._require_visible",
    "choice:concern",
    "choice:unknown_project",
    "engine:Faults.is_confined",
    "engine:Faults.is_idle",
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


def foreign(calls: Counter[str], allowed: set[str]) -> Mapping[str, int]:
    return {name: count for name, count in calls.items() if name not in allowed}


async def test_no_fault_code_gets_what_callers_send_while_nothing_is_armed(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        with fault_calls() as calls:
            await use_the_api(mock)
            await use_the_console(mock)

    assert foreign(calls, GATE | MAKERS | UNREAD) == {}
    assert (GATE | MAKERS) - calls.keys() == set()


async def test_a_read_that_is_no_choice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FaultyTasks, "_user_message", vars(FaultyTasks)["_user_message"].own)

    async with serving(tmp_path) as mock:
        with fault_calls() as calls:
            await mock.create("Which files are there?")

    assert "behaviour.tasks:FaultyTasks._user_message" in foreign(calls, GATE | MAKERS | UNREAD)


async def test_a_fault_of_another_project_reads_no_known_caller(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        mock.faults.arm(specify("follow-up.files-misnamed", {}), "elsewhere")
        with fault_calls() as calls:
            await use_the_tasks(mock)

    assert foreign(calls, GATE | MAKERS | UNREAD | BEFORE_THE_CALLER_IS_KNOWN) == {}


async def test_a_choice_is_the_subclass_while_its_project_has_a_fault(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        mock.faults.arm(specify("cancel.ignored", {}), defaults.PROJECT_ID)
        with fault_calls() as calls:
            await mock.create("Which files are there?")

    assert calls["behaviour.tasks:FaultyTasks._user_message"] == 1
