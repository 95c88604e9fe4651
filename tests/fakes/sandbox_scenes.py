"""Scenes of faults in sandboxes and in HTTP itself; see `tests.fakes.fault_scenes`."""

import asyncio
import os
from collections.abc import Mapping, Sequence

from sigmic_conformance.mock_server.config import defaults
from tests.fakes.behaviour_scenes import downloaded
from tests.fakes.fault_scenes import TASKS, ask, deciding, form, printed, with_file
from tests.fakes.sandbox import ScriptedSandbox
from tests.fakes.served import Served

_WITH_STDIN = {4, 6}
"""Lengths of what `ScriptedSandbox` hands over when the last item is the program's input."""


async def small_shell(sandbox: ScriptedSandbox, argv: Sequence[str], env: Mapping[str, str]) -> bytes:
    """Run a tool's program in the sandbox's folder, by a real shell: scenes use harmless commands only."""
    program, text = (argv[:-1], argv[-1]) if len(argv) in _WITH_STDIN else (argv, "")
    process = await asyncio.create_subprocess_exec(
        *program,
        cwd=sandbox.root,
        env={"PATH": os.environ["PATH"], **env},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(text.encode())
    return output


async def ran(mock: Served, command: str) -> bytes:
    """Have a new task run a command in a real shell; return its stream."""
    assert mock.backend is not None
    mock.backend.program = small_shell
    return await printed(mock, command)


async def told(mock: Served, task: str, command: str) -> bytes:
    """Have a task run a command as its follow-up; return the stream's live part."""
    assert mock.backend is not None
    mock.backend.program = small_shell
    message = f"Run exactly this shell command: `{command}`"
    assert (await mock.call("POST", f"{TASKS}/{task}/messages", json={"message": message})).status == 200
    body: bytes = (await ask(mock, "GET", f"{TASKS}/{task}/stream")).body
    return body.partition(b"event: history_done")[2]


@deciding("reads-restored", "there", "gone")
async def _(mock: Served) -> str:
    task = await with_file(mock)
    assert mock.application.platform.sessions.expire(task)
    return "there" if b"a,b" in await told(mock, task, "cat uploads/data.csv; true") else "gone"


@deciding("agent-reads", "there", "gone")
async def _(mock: Served) -> str:
    assert mock.backend is not None
    mock.backend.program = small_shell
    headers, body = form(("data.csv", b"a,b"))
    body = body.replace(b"look", b"Run exactly this shell command: `cat uploads/data.csv; true`")
    seen = await ask(mock, "POST", TASKS, headers=headers, body=body)
    stream = await ask(mock, "GET", f"{TASKS}/{seen.json['data']['id']}/stream")
    return "there" if b"a,b" in stream.body else "gone"


@deciding("agent-writes", "hello", "something else")
async def _(mock: Served) -> str:
    assert mock.backend is not None
    mock.backend.program = small_shell
    task = await mock.finished("Create a file named n.txt containing: hello")
    return await downloaded(mock, task, "n.txt")


@deciding("file-of-neighbour", "absent", "seen")
async def _(mock: Served) -> str:
    await ran(mock, "echo marker77 > kept.txt")
    return "seen" if b"marker77" in await ran(mock, "cat kept.txt; true") else "absent"


@deciding("left-by-neighbour", "absent", "there")
async def _(mock: Served) -> str:
    await ran(mock, "echo marker77 > kept.txt")
    return "there" if b"marker77" in await ran(mock, "cat kept.txt; true") else "absent"


@deciding("sandbox-of-neighbour", "own", "shared")
async def _(mock: Served) -> str:
    assert mock.backend is not None
    await ran(mock, "true &")
    before = len(mock.backend.made)
    await ran(mock, "echo two")
    return "shared" if len(mock.backend.made) == before else "own"


@deciding("head", "nothing", "body")
async def _(mock: Served) -> str:
    answer = await mock.raw(mock.head("HEAD", f"{TASKS}?limit=1"))
    return "body" if answer.partition(b"\r\n\r\n")[2] else "nothing"


@deciding("two-lengths", "one", "two")
async def _(mock: Served) -> str:
    inner = mock.head("GET", TASKS)
    head = (
        f"POST {TASKS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {defaults.API_KEY}\r\n"
        f"Content-Length: {len(inner)}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    answer = await mock.raw(head.encode() + inner)
    return "two" if answer.count(b"HTTP/1.1 ") > 1 else "one"


@deciding("encoded-slash", "404", "200")
async def _(mock: Served) -> str:
    # Sent as it is: a client library would encode it once more.
    answer = await mock.raw(mock.head("GET", f"{TASKS}/{await mock.finished()}%2Fhistory"))
    return answer.split(b" ")[1].decode()
