"""Rows of time that is moved by hand, as the client sees it: what it asked for is in its hands.

A real server with real sandboxes and a real client over a socket, in one process; only time is not real. All
counts are checked, so that heartbeats that were lost cannot look fast.
"""

import asyncio
import tempfile
import time
from pathlib import Path

import aiohttp

from sigmic_conformance.mock_server.config.settings import Settings
from sigmic_conformance.mock_server.runtime.clock.mode import MANUAL
from tools.bench.client import TASKS, Client, in_process, since
from tools.bench.figures import Bound, Row
from tools.bench.plan import Size

HEARTBEAT = b":heartbeat\n\n"
DAY_BEATS = 24 * 3600 // 15
_COMMAND = "Run exactly this shell command:"


async def advance(client: Client, by: str) -> dict[str, int]:
    """Move time; return how many timers of each kind fired."""
    counts: dict[str, int] = (await client.control("POST", "/clock/advance", {"by": by}))["counts"]
    return counts


async def hear(stream: aiohttp.ClientResponse, piece: bytes, count: int) -> int:
    """Read until `piece` was heard `count` times; return how often it was."""
    heard = b""
    while heard.count(piece) < count:
        chunk = await stream.content.readany()
        if not chunk:
            raise AssertionError(f"the stream ended after {heard.count(piece)} of {count}")
        heard += chunk
    return heard.count(piece)


async def open_stream(client: Client) -> aiohttp.ClientResponse:
    """Return a stream on which nothing but heartbeats comes for two days."""
    stream = await client.stream(await client.create("Wait 24 hours. Wait 24 hours."))
    await hear(stream, b'"processing"', 1)
    return stream


async def heartbeats(client: Client, stream: aiohttp.ClientResponse, by: str, due: int) -> float:
    """Return the milliseconds from asking for a time to the last heartbeat that is due in it."""
    start = time.perf_counter()
    asked = asyncio.ensure_future(advance(client, by))
    heard = await hear(stream, HEARTBEAT, due)
    took = since(start)
    fired = (await asked)["heartbeat"]
    if not fired == heard == due:
        raise AssertionError(f"{fired} fired, {heard} heard, {due} were due")
    return took


async def expiry_and_restore(client: Client, task: str, number: int) -> float:
    """Return the milliseconds for half an hour, the expiry in it, and a follow-up that runs a command."""
    before = (await client.api("GET", f"{TASKS}/{task}"))["sessionId"]
    start = time.perf_counter()
    fired = await advance(client, "30m")
    message = {"message": f"{_COMMAND} cat kept.txt; echo {number} >> kept.txt"}
    await client.api("POST", f"{TASKS}/{task}/messages", message)
    told = await (await client.stream(task)).read()
    took = since(start)
    after = await client.api("GET", f"{TASKS}/{task}")
    if fired["session_expiry"] != 1 or after["sessionId"] == before or b"event: done" not in told:
        raise AssertionError(f"no restore: {fired}, {after['status']}")
    if f"{number - 1}\\n".encode() not in told:
        raise AssertionError("the files of the session before are not there")
    return took


async def clock(size: Size) -> list[Row]:
    """Move time over one heartbeat, over the end of a session, and over a day."""
    with tempfile.TemporaryDirectory() as folder:
        async with in_process(Path(folder), Settings(port=0, clock=MANUAL)) as (_, client):
            stream = await open_stream(client)
            beats = [await heartbeats(client, stream, "15s", 1) for _ in range(5 * size.rounds)]
            stream.close()
            task = await client.create(f"{_COMMAND} echo 0 > kept.txt")
            await (await client.stream(task)).read()
            restores = [await expiry_and_restore(client, task, n) for n in range(1, size.rounds + 1)]
            days = []
            for _ in range(size.rounds // 2 + 1):
                stream = await open_stream(client)
                days.append(await heartbeats(client, stream, "24h", DAY_BEATS))
                stream.close()
    return [
        Row(what=f"manual clock: {what}", unit="ms", ours=ours, goal=Bound(most=most))
        for what, ours, most in (
            ("a heartbeat", beats, 5),
            ("expiry and restore", restores, 100),
            ("a day of heartbeats", days, 1000),
        )
    ]
