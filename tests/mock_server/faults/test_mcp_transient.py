"""Each fault of MCP servers that is not a violation, with a server that answers in milliseconds.

It is a shell script that reads and prints without starting anything.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sigmic_mock.config import defaults
from sigmic_mock.domain.settings_form import read_settings
from sigmic_mock.faults.catalogue import specify
from sigmic_mock.runtime.clock.mode import MANUAL, REAL
from tests.fakes.mcp_http_server import mcp_over_http
from tests.fakes.raw_calls import TASKS, ask, listen, until
from tests.fakes.served import Served, serving
from tests.fakes.subscriber import parse
from tests.fakes.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
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
PROGRAM = {"command": "/bin/sh", "args": ["-c", SCRIPT], "timeout": 60_000}
IMPATIENT = {**PROGRAM, "timeout": 300}
"""For a server that never becomes available."""
CALL = "Call the tool mcp_one_echo with {}"
NOT_STARTED = "MCP server one could not be started: "
STARTS = (
    *("mcp.start-fails", "mcp.never-answers", "mcp.prints-garbage", "mcp.long-line", "mcp.floods-stderr"),
    "mcp.bad-schemas",
)
LATE = {"mcp.slow-start": 5, "mcp.slow": 5, "mcp.hangs": 3600}
"""Delay of the answer in seconds."""
CALLS = {
    "mcp.dies": "ended while the tool was running",
    "mcp.tool-error": "The backend is down.",
    "mcp.garbled-result": "not one that its protocol knows",
}
"""Output that the agent gets."""
SHOWN = (*STARTS, *LATE, *CALLS, "mcp.unreachable", "mcp.many-tools", "mcp.colliding-names")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serving(tmp_path_factory.mktemp("mcp")) as mock:
        yield mock


@pytest.fixture
def mock(server: Served) -> Served:
    server.faults.clear()
    return server


async def configured(mock: Served, server: dict[str, Any]) -> None:
    settings = read_settings({"mcp_servers": {"one": server}})
    await mock.application.platform.project_settings.change(defaults.PROJECT_ID, settings)


async def heard(
    mock: Served, fault: str | None = None, *, server: dict[str, Any] = PROGRAM, message: str = CALL
) -> list[tuple[str, Any]]:
    """Return the events of a new task that calls the server's tool; it continues whatever the server does."""
    await configured(mock, server)
    armed = mock.faults.arm(specify(fault, {}), defaults.PROJECT_ID) if fault else None
    task = await mock.create(message)
    seen = await ask(mock, "GET", f"{TASKS}/{task}/stream")
    assert armed is None or armed.fired >= 1
    events = parse(seen.body)
    assert events[-1][0] == "done"
    return events


def result(events: list[tuple[str, Any]]) -> tuple[str, str]:
    """Return status and output of the first tool call."""
    return next((data["status"], data["output"]) for name, data in events if name == "tool_result")


def complaints(events: list[tuple[str, Any]]) -> list[str]:
    return [data["message"] for name, data in events if name == "status" and "message" in data]


async def test_a_good_server_is_called_and_nothing_is_complained_of(mock: Served):
    events = await heard(mock)

    assert (result(events), complaints(events)) == (("success", "here"), [])


@pytest.mark.parametrize("fault", STARTS)
async def test_a_server_that_does_not_start_is_reported_once(mock: Served, fault: str):
    events = await heard(mock, fault, server=IMPATIENT)

    assert result(events)[0] == "error"
    (told,) = complaints(events)
    assert told.startswith(NOT_STARTED)


async def test_an_unreachable_http_server_is_reported(mock: Served):
    with mcp_over_http() as elsewhere:
        address = {"url": f"{elsewhere.url}/mcp"}
        reached = await heard(mock, server=address)
        (told,) = complaints(await heard(mock, "mcp.unreachable", server=address))

    assert result(reached)[0] == "success"
    assert told.startswith(NOT_STARTED)


@pytest.mark.parametrize(("fault", "told"), CALLS.items())
async def test_a_call_that_goes_wrong_is_an_error_of_the_tool(mock: Served, fault: str, told: str):
    status, output = result(await heard(mock, fault))

    assert status == "error"
    assert told in output


@pytest.mark.parametrize(("fault", "seconds"), LATE.items())
async def test_a_late_server_holds_the_task_up_on_the_clock_of_the_project(
    mock: Served, fault: str, seconds: int
):
    await configured(mock, PROGRAM)
    mock.faults.arm(specify(fault, {}), defaults.PROJECT_ID)
    clock = mock.application.base.clocks.of(defaults.PROJECT_ID)
    clock.set_mode(MANUAL)
    try:
        task = await mock.create(CALL)
        reader = listen(mock, task)  # without a reader, a run waits for its first one
        await eventually(
            lambda: any((timer.timer, timer.owner) == ("fault", task) for timer in clock.pending)
        )
        was_done = reader.done()
        await clock.advance(seconds)
        await until(mock, task, "completed")
        events = parse((await reader).body)
    finally:
        clock.set_mode(REAL)

    assert (was_done, result(events)[0]) == (False, "success")


async def test_the_connection_to_a_server_elsewhere_breaks_in_the_middle_of_a_call(mock: Served):
    with mcp_over_http() as elsewhere:
        mock.faults.arm(specify("mcp.dies", {"times": 1}), defaults.PROJECT_ID)
        events = await heard(mock, server={"url": f"{elsewhere.url}/mcp"}, message=f"{CALL}\n{CALL}")

    assert [data["status"] for name, data in events if name == "tool_result"] == ["error", "success"]


async def test_a_playbook_lets_a_server_die_and_not_come_back_in_the_middle_of_a_turn(mock: Served):
    echo = {"tool": {"name": "mcp_one_echo", "args": {}}}
    dies = {"fault": {"id": "mcp.dies", "with": {"times": 1, "code": "one"}}}
    steps = [echo, dies, {"fault": "mcp.start-fails"}, echo, echo, {"say": "I went on without it."}]
    await mock.did("put_playbook", name="dies", playbook={"when": {"message": "go"}, "steps": steps})

    events = await heard(mock, message="go")

    results = [data for name, data in events if name == "tool_result"]
    assert [each["status"] for each in results] == ["success", "error", "error"]
    assert "ended while the tool was running" in results[1]["output"]
    assert complaints(events) == [results[2]["output"]]
    assert events[-1][1]["finalResponse"].endswith("I went on without it.")


async def test_of_too_many_tools_some_are_offered_and_names_that_collide_get_numbers(mock: Served):
    many = complaints(await heard(mock, "mcp.many-tools"))
    mock.faults.clear()
    named = await heard(mock, "mcp.colliding-names", message="List the tools.")

    assert "has 1002 tools; the first 256" in " ".join(many)
    assert "`mcp_one_a_b_2`" in named[-1][1]["finalResponse"]
