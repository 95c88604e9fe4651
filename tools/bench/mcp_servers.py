"""Rows of MCP servers: connecting, calling and ending one, what they cost who uses none, and what is left.

The first ones run a node server of npm, by turns inside a sandbox through the SDK and outside over its pipes.
It has to be in the tools folder: `sigmic-mock mcp add npm:@modelcontextprotocol/server-everything`. The rest
run servers of their own in a mock, which need nothing.
"""

import asyncio
import contextlib
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from sigmic_conformance.mock_server.config.settings import resolve
from sigmic_conformance.mock_server.domain.mcp_servers import McpServer, McpUnavailable, Program
from sigmic_conformance.mock_server.domain.redaction import Redactor
from sigmic_conformance.mock_server.mcp.connection import McpConnection
from sigmic_conformance.mock_server.mcp.launch import launched
from sigmic_conformance.mock_server.mcp.outbound import Outbound
from sigmic_conformance.mock_server.mcp.surroundings import Surroundings
from sigmic_conformance.mock_server.mcp.tools_folder import ToolsFolder
from sigmic_conformance.mock_server.ports import Sandbox
from sigmic_conformance.mock_server.runtime.background import BackgroundWork
from sigmic_conformance.mock_server.sandbox.detect import open_backend
from tools.bench.children import Child, mock
from tools.bench.figures import Bound, Row
from tools.bench.plan import NotMeasured, Size

PACKAGE = "@modelcontextprotocol/server-everything"
_NPX = Program(command="npx", args=("-y", PACKAGE))
_CALLS = 20
"""In a row, of each connection."""
_HELLO: Mapping[str, Any] = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}
_ECHO: Mapping[str, Any] = {"name": "echo", "arguments": {"message": "hello"}}
_AT_ONCE = 4
"""Sessions; each has three servers."""
_ANSWERS = {
    "initialize": {**_HELLO, "capabilities": {"tools": {}}, "serverInfo": {"name": "sh", "version": "1"}},
    "tools/list": {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]},
    "tools/call": {"content": [{"type": "text", "text": "here"}]},
}
_CASES = "".join(
    f"""*'"method":"{method}"'*) echo '{{"jsonrpc":"2.0","id":'$id',"result":{json.dumps(answer)}}}';;"""
    for method, answer in _ANSWERS.items()
)
SCRIPT = f"""
while read -r line; do
  case "$line" in *'"id":'*) ;; *) continue;; esac
  id=${{line#*'"id":'}}; id=${{id%%[,\\}}]*}}
  case "$line" in {_CASES}
    *) echo '{{"jsonrpc":"2.0","id":'$id',"error":{{"code":-32601,"message":"unknown"}}}}';; esac
done
"""
"""A server of the shell alone: two hundred sessions are to show what is left, not how fast a machine is."""


async def one_server(size: Size) -> list[Row]:
    """Connect to the node server, call a tool, end it: outside and inside by turns."""
    folder = resolve({}, os.environ).mcp_tools
    tools = ToolsFolder(folder)
    try:
        argv = await asyncio.to_thread(launched, _NPX.command, _NPX.args, tools)
    except McpUnavailable as problem:
        raise NotMeasured(str(problem)) from None
    samples: dict[str, list[float]] = {
        name: [] for name in ("plain", "connect", "plain call", "call", "kill", "end")
    }
    async with _grounds(tools, folder) as surroundings:
        await _inside(surroundings, {name: [] for name in samples})  # the SDK is loaded once
        for _ in range(size.rounds):
            await _outside(argv, samples)
            await _inside(surroundings, samples)
    note = f"{PACKAGE}; the floor is the same program outside, asked over its pipes"
    return [
        Row(
            what="MCP: connected to a node server",
            floor=samples["plain"],
            ours=samples["connect"],
            goal=Bound(most=800),
            unit="ms",
            by_ratio=False,
            note=note,
        ),
        Row(
            what="MCP: call",
            floor=samples["plain call"],
            ours=samples["call"],
            unit="ms",
            by_ratio=False,
            goal=Bound(most=10),
        ),
        Row(what="MCP: server killed", unit="ms", ours=samples["kill"], by_ratio=False, goal=Bound(most=50)),
        Row(what="MCP: server ended", unit="ms", ours=samples["end"], by_ratio=False, note="asked to end"),
    ]


@contextlib.asynccontextmanager
async def _grounds(tools: ToolsFolder, visible: Path | None) -> AsyncIterator[Surroundings]:
    background = BackgroundWork()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        backend = await open_backend("auto", runtime_dir=folder, tools=visible)
        workspace = folder / "workspace"
        workspace.mkdir()
        backend.own(workspace)
        try:
            yield Surroundings(
                variables={},
                redactor=Redactor({}),
                open_sandbox=lambda: backend.create("bench", workspace),
                tools=tools,
                outbound=Outbound(is_shared=False),
                background=background,
            )
        finally:
            await backend.close()


async def _inside(surroundings: Surroundings, samples: dict[str, list[float]]) -> None:
    """Connect and call, then kill the server; connect again, and ask it to end."""
    server = McpServer(name="all", where=_NPX, connect_seconds=60)
    opened: list[Sandbox] = []

    async def open_sandbox() -> Sandbox:
        opened.append(await surroundings.open_sandbox())
        return opened[-1]

    noted = replace(surroundings, open_sandbox=open_sandbox)
    start = time.perf_counter()
    connection = McpConnection(server, noted, tell=_refuse)
    await connection.offered()
    samples["connect"].append(_since(start))
    for _ in range(_CALLS):
        start = time.perf_counter()
        result = await connection.call("echo", {"message": "hello"})
        samples["call"].append(_since(start))
        if result.failed or "hello" not in result.text:
            raise AssertionError(result)
    start = time.perf_counter()
    await opened[-1].close()
    samples["kill"].append(_since(start))
    await connection.close()
    connection = McpConnection(server, noted, tell=_refuse)
    await connection.offered()
    start = time.perf_counter()
    await connection.close()
    samples["end"].append(_since(start))


def _refuse(message: str) -> None:
    raise AssertionError(message)


async def _outside(argv: list[str], samples: dict[str, list[float]]) -> None:
    """Start the program unconfined and ask it the same."""
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    start = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe, stderr=null, limit=1 << 24)
    try:
        await _asked(process, 1, "initialize", _HELLO)
        await _asked(process, 2, "tools/list", {})
        samples["plain"].append(_since(start))
        for number in range(_CALLS):
            start = time.perf_counter()
            await _asked(process, 3 + number, "tools/call", _ECHO)
            samples["plain call"].append(_since(start))
    finally:
        process.kill()
        await process.wait()


async def _asked(
    process: asyncio.subprocess.Process, number: int, method: str, params: Mapping[str, Any]
) -> None:
    if process.stdin is None or process.stdout is None:
        raise AssertionError("no pipes")
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    process.stdin.write(json.dumps(message).encode() + b"\n")
    if method == "initialize":
        process.stdin.write(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
    async with asyncio.timeout(60):
        while line := await process.stdout.readline():
            if json.loads(line).get("id") == number:
                return
    raise AssertionError(f"it ended before it answered {method}")


async def beside_a_mock(size: Size) -> list[Row]:
    """Measure what servers cost those who use none, and what is left of many sessions with three each."""
    async with mock() as child, aiohttp.ClientSession() as http:
        client = _Client(child, http)
        without, delays = await _first_texts(client, size.rounds * 5)
        left = await _left_over(client, size.mcp_sessions)
    return [
        Row(
            what="MCP: first text of a task, 3 slow servers",
            unit="ms",
            floor=without,
            ours=[plain + delay for plain, delay in zip(without, delays, strict=True)],
            note=f"from creation to its first `content`; later by {_median(delays):.1f} ms than without any"
            " (goal 10)",
        ),
        Row(
            what=f"MCP: processes left of {size.mcp_sessions} sessions",
            unit="",
            ours=[float(left)],
            by_ratio=False,
            goal=Bound(most=0),
            note="three servers in each, which were seen alive",
        ),
    ]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


class _Client:
    """Speaks with a mock about projects of its own."""

    def __init__(self, child: Child, http: aiohttp.ClientSession) -> None:
        self._url = f"http://127.0.0.1:{child.port}"
        self._http = http
        self._control = {"Authorization": f"Bearer {child.token}"}

    async def project(self, servers: Mapping[str, Any]) -> tuple[str, str]:
        """Make one with these servers; return its id and a key."""
        made = await self.control("POST", "/projects", {})
        await self.control("PUT", "/settings", {"mcp_servers": servers}, project=made["project"])
        return made["project"], made["api_key"]

    async def control(self, method: str, path: str, body: Any, **query: str) -> Any:
        async with self._http.request(
            method, f"{self._url}/__mock/v1{path}", json=body, headers=self._control, params=query
        ) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def run(self, key: str, message: str) -> tuple[str, float, bytes]:
        """Run a task; return its id, the milliseconds to its first `content`, and its stream."""
        tasks, headers = f"{self._url}/api/v1/tasks", {"Authorization": f"Bearer {key}"}
        heard, first, start = b"", 0.0, time.perf_counter()
        async with self._http.post(tasks, json={"message": message}, headers=headers) as answer:
            answer.raise_for_status()
            task = (await answer.json())["data"]["id"]
        async with self._http.get(f"{tasks}/{task}/stream", headers=headers) as stream:
            async for chunk in stream.content.iter_any():
                heard += chunk
                if not first and b"event: content\n" in heard:
                    first = _since(start)
        if b"event: done\n" not in heard:
            raise AssertionError(heard[-500:])
        return task, first, heard


async def _first_texts(client: _Client, pairs: int) -> tuple[list[float], list[float]]:
    """Return the first texts of a project without servers, and how much later those with slow ones came."""
    slow = {f"slow-{number}": {"command": "sleep", "args": ["600"]} for number in range(3)}
    plain, burdened = await client.project({}), await client.project(slow)
    without, delays = [], []
    for _ in range(pairs):
        _, first, _ = await client.run(plain[1], "What is 2+2?")
        task, second, _ = await client.run(burdened[1], "What is 2+2?")
        await client.control("POST", f"/sessions/{task}/expire", {}, project=burdened[0])
        without.append(first)
        delays.append(second - first)
    return without, delays


async def _left_over(client: _Client, sessions: int) -> int:
    """Have sessions with three servers each, which are called, and end them; return the processes left."""
    mark = f"bench-{os.getpid()}"
    servers = {
        name: {"command": "/bin/sh", "args": ["-c", SCRIPT, mark], "timeout": 60_000} for name in "abc"
    }
    project, key = await client.project(servers)
    room = asyncio.Semaphore(_AT_ONCE)

    async def session() -> None:
        async with room:
            message = "\n".join(f"Call the tool mcp_{name}_echo with {{}}" for name in "abc")
            task, _, heard = await client.run(key, message)
            if heard.count(b'"output":"here"') != len(servers) or marked(mark) < len(servers):
                raise AssertionError(heard[-800:])
            await client.control("POST", f"/sessions/{task}/expire", {}, project=project)

    await asyncio.gather(*(session() for _ in range(sessions)))
    return marked(mark)


def marked(mark: str) -> int:
    """Return how many processes of this machine have a text in what they were started with."""
    number = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            number += mark.encode() in path.read_bytes()
    return number


def _since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
