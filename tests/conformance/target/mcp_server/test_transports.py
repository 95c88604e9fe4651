"""The probe server with the official SDK's client, over both transports, and with plain HTTP."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import requests

from sigmic_conformance.target.mcp_server import program
from sigmic_conformance.target.mcp_server.over_http import over_http
from sigmic_conformance.target.mcp_server.program import digest, receipt

PLAIN = {"Content-Type": "application/json"}
ENVIRONMENT = {"PROBE_PLAIN": "a word", "OTHER": "not told"}


@asynccontextmanager
async def connected(transport: str, folder: Any) -> AsyncIterator[Any]:
    from mcp.client import Client
    from mcp.client.sse import sse_client
    from mcp.client.stdio import StdioServerParameters, stdio_client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    if transport == "stdio":
        words = [str(program.__file__), "--name", "stdio", "--argument", "given"]
        started = StdioServerParameters(command=sys.executable, args=words, env=ENVIRONMENT, cwd=str(folder))
        async with Client(stdio_client(started)) as client:
            yield client
        return
    headers = {"X-Probe-Plain": "a word", "X-Other": "not told", "Authorization": "Bearer sesame"}
    with over_http("127.0.0.1", 0, token="sesame") as base_url:
        moody = await asyncio.to_thread(
            requests.post, f"{base_url}/moody/here/dead", headers=headers, json={}, timeout=10
        )
        assert moody.status_code == 503
        if transport == "sse":
            async with Client(sse_client(f"{base_url}/sse/here", headers=headers)) as client:
                yield client
            return
        async with (
            create_mcp_http_client(headers=headers) as http,
            Client(streamable_http_client(f"{base_url}/http/here", http_client=http)) as client,
        ):
            yield client


async def test_the_official_client_gets_receipts_and_digests_over_each_transport(tmp_path):
    expected = {
        "http": {
            "header.x-probe-plain": "a word",
            "word": "here",
            "beside.http": "http",
            "beside.moody": "moody",
        },
        "sse": {
            "header.x-probe-plain": "a word",
            "word": "here",
            "beside.sse": "sse",
            "beside.moody": "moody",
        },
        "stdio": {"env.PROBE_PLAIN": "a word", "argument": "given", "cwd": str(tmp_path)},
    }
    for name, told in expected.items():
        async with connected(name, tmp_path) as client:
            pages = [await client.list_tools(), await client.list_tools(cursor=program.PAGE)]
            echo = await client.call_tool(f"{name}_echo", {"text": "hello"})
            digests = await client.call_tool(f"{name}_digests", {})
            failed = await client.call_tool(f"{name}_fail", {})
            last = await client.call_tool(f"{name}_last", {"text": "hello"})

        assert [page.next_cursor for page in pages] == [program.PAGE, None]
        assert {tool.name for page in pages for tool in page.tools} == {
            f"{name}_{tool}" for tool in program.TOOLS
        }
        for tool, answer in {"echo": echo, "last": last}.items():
            assert answer.content[0].text == f"{name}.{tool}.receipt={receipt(name, tool, 'hello')}"
        words = set(digests.content[1].text.split("\n"))
        assert words == {f"{name}.{what}={digest(value)}" for what, value in told.items()}
        assert (echo.is_error or False, failed.is_error) == (False, True)


async def test_a_cancelled_call_has_no_answer_and_holds_up_no_other():
    server = await asyncio.create_subprocess_exec(
        sys.executable, program.__file__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    slow = {"name": "stdio_slow", "arguments": {"seconds": 60}}
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": slow},
        {"jsonrpc": "2.0", "id": 2, "method": "ping"},
        cancelled,
        {"jsonrpc": "2.0", "id": 3, "method": "nothing"},
    ]
    said, _ = await asyncio.wait_for(
        server.communicate("".join(json.dumps(each) + "\n" for each in lines).encode() + b"no JSON\n"), 30
    )

    answers = [json.loads(line) for line in said.splitlines()]
    assert [each["id"] for each in answers] == [2, 3, None]
    assert [each.get("error", {}).get("code") for each in answers] == [None, -32601, -32600]


@pytest.mark.parametrize(
    ("path", "token", "body", "status"),
    [
        ("/http/word", "wrong", b"{}", 401),
        ("/http/word/strange", "sesame", b"{}", 404),
        ("/", "sesame", b"{}", 404),
        ("/http/word", "sesame", b"{", 400),
        ("/http/word", "sesame", b"x" * ((1 << 20) + 1), 413),
        ("/http/word", "sesame", b'{"jsonrpc":"2.0","method":"notifications/initialized"}', 202),
        ("/http/word", "sesame", b"[]", 200),
    ],
)
def test_a_request_that_is_not_a_call_gets_an_http_status(path, token, body, status):
    with over_http("127.0.0.1", 0, token="sesame") as base_url:
        headers = PLAIN | {"Authorization": f"Bearer {token}"}
        try:
            answer = requests.post(base_url + path, data=body, headers=headers, timeout=10).status_code
        except requests.ConnectionError:
            answer = 413  # it closed before the whole body was sent
        other = requests.get(base_url + path, headers=headers, timeout=10).status_code

    assert (answer, other) == (status, 405)


def test_the_program_is_one_file_of_the_standard_library(tmp_path):
    alone = tmp_path / "probe.py"
    alone.write_text(
        subprocess.run(
            [sys.executable, "-m", "sigmic_conformance", "mcp-server", "--script"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
    )
    ping = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n'
    done = subprocess.run(
        [sys.executable, "-I", "-S", alone],
        input=ping,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert json.loads(done.stdout) == {"jsonrpc": "2.0", "id": 1, "result": {}}
