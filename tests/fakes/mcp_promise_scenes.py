"""Scenes of what a platform breaks of the sentences about MCP servers; see `tests.fakes.fault_scenes`."""

from typing import Any

from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.domain.settings_form import read_settings
from tests.fakes.fault_scenes import TASKS, ask, deciding, token
from tests.fakes.mcp_http_server import mcp_over_http
from tests.fakes.mcp_scenes import PROGRAM, SCRIPT, complaints, result
from tests.fakes.served import ORIGIN, Served
from tests.fakes.subscriber import parse

CALL = "Call the tool mcp_one_echo with {}"
NOWHERE = {"url": "http://127.0.0.1:1/"}
SECRET = "hunter2hunter2"


def program(script: str, **fields: Any) -> dict[str, Any]:
    return {**PROGRAM, "args": ["-c", script], **fields}


async def events(
    mock: Served,
    server: dict[str, Any],
    *,
    policies: dict[str, str] | None = None,
    variables: dict[str, Any] | None = None,
    patience: float = 15.0,
    **fields: Any,
) -> list[tuple[str, Any]]:
    """The events of a task that calls the server's tool; `variables` are given with a token's exchange.

    A stream on which a call waits for an answer is heard for `patience` seconds.
    """
    settings = read_settings({"mcp_servers": {"one": server}, "tool_policies": policies or {}})
    await mock.application.platform.project_settings.change(defaults.PROJECT_ID, settings)
    headers = {}
    if variables is not None:
        headers = {"Authorization": f"Bearer {await token(mock, **variables)}", "Origin": ORIGIN}
    made = await mock.call("POST", TASKS, json={"message": CALL, **fields}, headers=headers or None)
    seen = await ask(mock, "GET", f"{TASKS}/{made.data['id']}/stream", headers=headers, patience=patience)
    return parse(seen.body)


async def reached(
    mock: Served, path: str = "", headers: dict[str, str] | None = None, **fields: Any
) -> list[tuple[str, Any]]:
    """The events of a task whose server is reached over HTTP and tells what it was asked with."""
    with mcp_over_http() as server:
        return await events(mock, {"url": f"{server.url}/{path}", "headers": headers or {}}, **fields)


def output(heard: list[tuple[str, Any]]) -> str:
    return next(str(data["output"]) for name, data in heard if name == "tool_result")


def first_told(heard: list[tuple[str, Any]]) -> str:
    return next(str(data["status"]) for name, data in heard if name == "tool_call")


@deciding("mcp-fixed-header", "there", "lost")
async def _(mock: Served) -> str:
    return "there" if "X-Fixed" in output(await reached(mock, headers={"X-Fixed": "kept"})) else "lost"


@deciding("mcp-folder", "success", "error")
async def _(mock: Served) -> str:
    script = f'test "$(pwd)" = / || exit 1\n{SCRIPT}'
    return result(await events(mock, program(script, cwd="/")))


@deciding("mcp-disabled", "error", "success")
async def _(mock: Served) -> str:
    return result(await events(mock, {**PROGRAM, "enabled": False}))


@deciding("mcp-placeholder", "replaced", "kept")
async def _(mock: Served) -> str:
    told = output(await reached(mock, "{{mcp.MARK}}", env={"MARK": "marker77"}))
    return "replaced" if "marker77" in told else "kept"


@deciding("mcp-unresolved", "error", "success")
async def _(mock: Served) -> str:
    return result(await reached(mock, "{{mcp.MARK}}"))


@deciding("mcp-filtered", "error", "success")
async def _(mock: Served) -> str:
    return result(await events(mock, {**PROGRAM, "excludeTools": ["echo"]}))


@deciding("mcp-asks", "awaiting_approval", "executing")
async def _(mock: Served) -> str:
    return first_told(await events(mock, PROGRAM, policies={"mcp_*": "ask"}, patience=4.0))


@deciding("mcp-survives", "done", "error")
async def _(mock: Served) -> str:
    return (await events(mock, NOWHERE))[-1][0]


@deciding("mcp-late", "error", "success")
async def _(mock: Served) -> str:
    return result(await events(mock, program(f"sleep 0.6\n{SCRIPT}", timeout=50)))


@deciding("mcp-both", "secret", "env")
async def _(mock: Served) -> str:
    told = output(await reached(mock, "{{mcp.BOTH}}", env={"BOTH": "marker77"}, secrets={"BOTH": SECRET}))
    return "env" if "marker77" in told else "secret"


@deciding("mcp-secret", "hidden", "shown")
async def _(mock: Served) -> str:
    return "shown" if SECRET in str(await events(mock, PROGRAM, secrets={"PASS": SECRET})) else "hidden"


@deciding("mcp-exchange", "success", "error")
async def _(mock: Served) -> str:
    return result(await reached(mock, "{{mcp.MARK}}", variables={"env": {"MARK": "marker77"}}))


@deciding("mcp-exchange-both", "secret", "env")
async def _(mock: Served) -> str:
    both = {"env": {"BOTH": "marker77"}, "secrets": {"BOTH": SECRET}}
    told = output(await reached(mock, "{{mcp.BOTH}}", variables=both))
    return "env" if "marker77" in told else "secret"


@deciding("mcp-denied", "error", "success")
async def _(mock: Served) -> str:
    return result(await events(mock, PROGRAM, policies={"mcp_*": "deny"}))


@deciding("mcp-strict", "awaiting_approval", "executing")
async def _(mock: Served) -> str:
    return first_told(
        await events(mock, PROGRAM, policies={"mcp_*": "allow"}, patience=4.0, autoExecute=False)
    )


@deciding("mcp-told", "1", "0")
async def _(mock: Served) -> str:
    return str(len(complaints(await events(mock, NOWHERE))))


@deciding("mcp-fails", "error", "success")
async def _(mock: Served) -> str:
    return result(await events(mock, program(SCRIPT.replace('{"content":', '{"isError": true, "content":'))))


@deciding("mcp-sse", "GET", "POST")
async def _(mock: Served) -> str:
    """Neither works: the fake refuses what it is not asked by POST."""
    with mcp_over_http() as server:
        await events(mock, {"url": f"{server.url}/sse", "type": "sse"})
        return "POST" if server.requests else "GET"
