"""Scenes of faults of MCP servers; see `tests.fakes.fault_scenes`.

The server is a shell script that reads and prints without starting anything, so it answers in milliseconds.
"""

import json
from typing import Any

from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.domain.settings_form import read_settings
from sigmic_conformance.mock_server.runtime.clock.mode import MANUAL, REAL
from tests.fakes.fault_scenes import TASKS, ask, deciding, listen, status
from tests.fakes.mcp_http_server import mcp_over_http
from tests.fakes.served import Served
from tests.fakes.subscriber import parse
from tests.fakes.waiting import eventually

_TIMEOUT_MS = 700
_ANSWERS = {
    "initialize": {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "fake", "version": "1"},
    },
    "tools/list": {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in ("echo", "a.b")]},
    "tools/call": {"content": [{"type": "text", "text": "here"}]},
}
_CASES = "".join(
    f"""*'"method":"{method}"'*) echo '{{"jsonrpc":"2.0","id":'$id',"result":{json.dumps(answer)}}}';;"""
    for method, answer in _ANSWERS.items()
)
_UNKNOWN = '{"code":-32601,"message":"unknown"}'
SCRIPT = f"""
while read -r line; do
  case "$line" in *'"id":'*) ;; *) continue;; esac
  id=${{line#*'"id":'}}; id=${{id%%[,\\}}]*}}
  case "$line" in {_CASES} *) echo '{{"jsonrpc":"2.0","id":'$id',"error":{_UNKNOWN}}}';; esac
done
"""
PROGRAM = {"command": "/bin/sh", "args": ["-c", SCRIPT], "timeout": _TIMEOUT_MS}


async def configured(mock: Served, server: dict[str, Any] = PROGRAM) -> None:
    settings = read_settings({"mcp_servers": {"one": server}})
    await mock.application.platform.project_settings.change(defaults.PROJECT_ID, settings)


async def heard(mock: Served, message: str = "Call the tool mcp_one_echo with {}") -> list[tuple[str, Any]]:
    """Return the events of a new task that calls the server's tool."""
    seen = await ask(mock, "GET", f"{TASKS}/{await mock.create(message)}/stream", patience=45.0)
    return parse(seen.body)


def result(events: list[tuple[str, Any]]) -> str:
    """The status of the first tool call; the task has gone on after it."""
    assert events[-1][0] == "done"
    return next(str(data["status"]) for name, data in events if name == "tool_result")


def complaints(events: list[tuple[str, Any]]) -> list[str]:
    return [data["message"] for name, data in events if name == "status" and "message" in data]


def start(events: list[tuple[str, Any]]) -> str:
    if result(events) == "success":
        return "started"
    (message,) = complaints(events)
    return "told" if message.startswith("MCP server one could not be started: ") else message


@deciding("mcp-starts", "started", "told")
async def _(mock: Served) -> str:
    await configured(mock)
    return start(await heard(mock))


@deciding("mcp-reached", "started", "told")
async def _(mock: Served) -> str:
    with mcp_over_http() as server:
        await configured(mock, {"url": f"{server.url}/mcp"})
        return start(await heard(mock))


@deciding("mcp-calls", "success", "error")
async def _(mock: Served) -> str:
    await configured(mock)
    return result(await heard(mock))


@deciding("mcp-many", "few", "many")
async def _(mock: Served) -> str:
    await configured(mock)
    return "many" if "has 1002 tools; the first 256" in " ".join(complaints(await heard(mock))) else "few"


@deciding("mcp-names", "plain", "numbered")
async def _(mock: Served) -> str:
    await configured(mock)
    answer = (await heard(mock, "List the tools."))[-1][1]["finalResponse"]
    return "numbered" if "`mcp_one_a_b_2`" in answer else "plain"


@deciding("mcp-answers", "at once", "late")
async def _(mock: Served) -> str:
    """Time stands still, so only an answer that waits for it keeps the task from ending."""
    await configured(mock, {**PROGRAM, "timeout": 60_000})
    clock = mock.application.clocks.of(defaults.PROJECT_ID)
    clock.set_mode(MANUAL)
    try:
        task = await mock.create("Call the tool mcp_one_echo with {}")
        reader = listen(mock, task)  # without one, a run waits for its first reader
        word = "at once"

        async def completed() -> bool:
            nonlocal word
            if any((timer.timer, timer.owner) == ("fault", task) for timer in clock.pending):
                word = "late"
                await clock.advance(1)
            return await status(mock, task) == "completed"

        await eventually(completed)
        await reader
    finally:
        clock.set_mode(REAL)
    return word
