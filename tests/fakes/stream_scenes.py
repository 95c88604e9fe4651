"""Scenes of streams: what a reader hears of several runs and readings. See `tests.fakes.fault_scenes`."""

import asyncio
import json
import socket
import zlib
from typing import Any

from sigmic_conformance.mock_server.config import defaults
from tests.fakes.fault_scenes import (
    NOBODY,
    SCENES,
    TASKS,
    TWICE,
    Play,
    about_task,
    ask,
    asking,
    deciding,
    fixed,
    listen,
    scene,
    status,
    streaming,
    token,
    until,
)
from tests.fakes.raw_http import Seen
from tests.fakes.served import ORIGIN, Served
from tests.fakes.waiting import eventually

FAILING = "Say exactly: so far. Then fail with the message: stopped on purpose"
LARGE = 70_000
"""Characters of a message that no buffer of 64 KiB holds."""
MANY = 60

SCENES |= {
    "get-two-calls": about_task("GET", "", TWICE),
    "stream-failing": streaming(FAILING),
    "stream-large": streaming("What is 2+2? " + "x" * LARGE),
    "stream-pieces": streaming("Produce a long answer of 20 words."),
    "stream-refused": fixed("GET", f"{TASKS}/{NOBODY}/stream"),
    "stream-subagent": streaming(
        "Use a subagent named code-writer to run exactly this shell command: `echo x`"
    ),
    "stream-two-calls": streaming(TWICE),
}


@scene("stream-asking-said")
async def _(mock: Served) -> Play:
    task = await asking(mock, "Say exactly: so far. Then run exactly this shell command: `echo hi`")
    return lambda: ask(mock, "GET", f"{TASKS}/{task}/stream", patience=0.3)


@scene("stream-replays")
async def _(mock: Served) -> Play:
    task = await mock.finished()

    async def play() -> Seen:
        """Return the second of two replays."""
        await ask(mock, "GET", f"{TASKS}/{task}/stream")
        again: Seen = await ask(mock, "GET", f"{TASKS}/{task}/stream")
        return again

    return play


@deciding("streams-sixty", "200", "404")
async def _(mock: Served) -> str:
    task = await mock.finished()
    told = [(await ask(mock, "GET", f"{TASKS}/{task}/stream")).status for _ in range(MANY)]
    return str(told[-1])


@deciding("streams-last-block", "done", "heartbeat")
async def _(mock: Served) -> str:
    seen = await ask(mock, "GET", f"{TASKS}/{await mock.create()}/stream")
    last = seen.body.split(b"\n\n")[-2]
    return (
        "heartbeat"
        if last == b":heartbeat"
        else str(last.partition(b"\n")[0].decode().removeprefix("event: "))
    )


# --- what is sent, and when --------------------------------------------------------------------------------


async def heard(mock: Served, task: str, **options: Any) -> Seen:
    seen: Seen = await ask(mock, "GET", f"{TASKS}/{task}/stream", **options)
    return seen


async def coded(mock: Served, message: str = "What is 2+2?") -> Seen:
    return await heard(mock, await mock.create(message), headers={"Accept-Encoding": "gzip"})


def plain(seen: Seen) -> bytes:
    """Return the body with its coding undone, as far as it came."""
    if seen.headers.get("content-encoding") == "gzip":
        return zlib.decompressobj(wbits=31).decompress(seen.body)
    return seen.body


@deciding("streams-coded", "plain", "gzip")
async def _(mock: Served) -> str:
    seen = await heard(mock, await mock.create())
    if seen.headers.get("content-encoding") != "gzip":
        return "plain"
    return "gzip" if b"event: done\n" in plain(seen) else "broken"


@deciding("streams-coded-whole", "whole", "part")
async def _(mock: Served) -> str:
    return "whole" if b"event: done\n" in plain(await coded(mock)) else "part"


@deciding("streams-coded-beats", "beats", "stuck")
async def _(mock: Served) -> str:
    seen = await coded(mock, "Wait 300 ms")
    assert b":heartbeat\n\n" in plain(seen)
    return "beats" if b":heartbeat\n\n" in seen.chunks else "stuck"


@deciding("streams-head", "told", "silent")
async def _(mock: Served) -> str:
    task = await asking(mock)
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    writer.write(mock.head("GET", f"{TASKS}/{task}/stream"))
    try:
        async with asyncio.timeout(0.3):
            await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        return "silent"
    else:
        return "told"
    finally:
        await mock.call("DELETE", f"{TASKS}/{task}")
        writer.close()


@deciding("streams-paused", "whole", "cut")
async def _(mock: Served) -> str:
    task = await mock.finished("What is 2+2?" + "\x01" * 99_000)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    narrow.setblocking(False)  # noqa: FBT003 - the library's own signature
    await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", mock.port))
    reader, writer = await asyncio.open_connection(sock=narrow)
    streams = mock.application.server.streams
    dropped = streams.dropped
    writer.write(mock.head("GET", f"{TASKS}/{task}/stream"))
    try:
        async with asyncio.timeout(1):
            await eventually(lambda: streams.dropped > dropped)
    except TimeoutError:
        pass
    found = b""
    try:
        while piece := await reader.read(1 << 20):
            found += piece
    except ConnectionError:
        return "cut"
    finally:
        writer.close()
    return "whole" if found.endswith(b"0\r\n\r\n") else "cut"


@deciding("streams-resumed", "2", "0")
async def _(mock: Served) -> str:
    seen = await heard(mock, await mock.finished(), headers={"Last-Event-ID": "1"})
    return str(seen.body.count(b"event: history_message\n"))


@deciding("streams-resumed-elsewhere", "own", "foreign")
async def _(mock: Served) -> str:
    theirs, mine = await mock.finished("Tell me about beavers"), await mock.finished("What is 2+2?")
    seen = await heard(mock, mine, headers={"Last-Event-ID": theirs})
    return "foreign" if b"beavers" in seen.body else "own"


@deciding("streams-any", "200", "400")
async def _(mock: Served) -> str:
    task = await mock.create()
    await until(mock, task, "completed")
    return str((await heard(mock, task, headers={"Accept": "*/*"})).status)


@deciding("streams-token-ends", "to the end", "cut short")
async def _(mock: Served) -> str:
    by = await token(mock, expiresIn="2s")
    origin = {"Origin": ORIGIN}
    task = (await ask(mock, "POST", TASKS, by=by, headers=origin, json={"message": "Wait 2300 ms"})).json
    seen = await heard(mock, task["data"]["id"], by=by, headers=origin, patience=6)
    return "to the end" if b"event: done\n" in seen.body else "cut short"


# --- what a stream does to its task, and a task to its stream -----------------------------------------------


@deciding("streams-begin", "1", "0")
async def _(mock: Served) -> str:
    return str((await heard(mock, await mock.create())).body.count(b"event: history_message\n"))


@deciding("streams-follow-up", "3", "0")
async def _(mock: Served) -> str:
    task = await mock.finished()
    await mock.call("POST", f"{TASKS}/{task}/messages", json={"message": "And 3+3?"})
    return str((await heard(mock, task)).body.count(b"event: history_message\n"))


@deciding("streams-pending", "followed", "idle")
async def _(mock: Served) -> str:
    seen = await heard(mock, await mock.create())
    return "followed" if b'"isStreaming":true' in seen.body else "idle"


@deciding("status-after-done", "completed", "running")
async def _(mock: Served) -> str:
    task = await mock.create()
    assert b"event: done\n" in (await heard(mock, task)).body
    return await status(mock, task)


@deciding("streams-look-again", "2", "4")
async def _(mock: Served) -> str:
    task = await mock.finished()
    await heard(mock, task)
    return str(len((await mock.call("GET", f"{TASKS}/{task}/history")).data["messages"]))


@deciding("streams-six", "200", "404")
async def _(mock: Served) -> str:
    task = await asking(mock)
    readers = [listen(mock, task) for _ in range(5)]
    streams = mock.application.platform.streams
    await eventually(lambda: streams.open_in(defaults.PROJECT_ID).count(task) == len(readers))
    sixth = await heard(mock, task, patience=0.2)
    for reader in readers:
        reader.cancel()
    return str(sixth.status)


# --- what is said at the end --------------------------------------------------------------------------------


def told(seen: Seen, event: str, field: str) -> list[str]:
    blocks = [block for block in seen.body.split(b"\n\n") if block.startswith(f"event: {event}\n".encode())]
    return [str(json.loads(block.partition(b"\ndata: ")[2])[field]) for block in blocks]


async def two_runs(mock: Served) -> list[tuple[str, str]]:
    """Return the joined pieces and the last word of two runs."""
    seen = [await heard(mock, await mock.create("Produce a long answer of 20 words.")) for _ in range(2)]
    return [("".join(told(each, "content", "text")), told(each, "done", "finalResponse")[0]) for each in seen]


@deciding("runs-respond", "alike, alike", "alike, Done.")
async def _(mock: Served) -> str:
    return ", ".join("alike" if pieces == last else last for pieces, last in await two_runs(mock))


@deciding("runs-cumulative", "pieces, pieces", "pieces, repeated")
async def _(mock: Served) -> str:
    return ", ".join("pieces" if pieces == last else "repeated" for pieces, last in await two_runs(mock))


@deciding("failed-status", "failed", "completed")
async def _(mock: Served) -> str:
    task = await mock.create(FAILING)
    assert b"event: error\n" in (await heard(mock, task)).body
    return await status(mock, task)


async def partial(mock: Served) -> list[str]:
    return told(
        await heard(mock, await mock.create("Produce a long answer of 20 words.")), "content", "isPartial"
    )


@deciding("streams-first-piece", "True", "False")
async def _(mock: Served) -> str:
    return (await partial(mock))[0]


@deciding("streams-last-piece", "False", "True")
async def _(mock: Served) -> str:
    return (await partial(mock))[-1]
