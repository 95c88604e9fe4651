"""Measures time that is moved by hand: `python -m tools.bench.clock [--rounds N] [--json]`.

A real server with real sandboxes and a real client over a socket, in one process; only time is not real. Each
figure is of the client: what it asked for is in its hands. Every count is checked, so that heartbeats that
were lost cannot look fast. Exit code 1 when a promised bound is missed.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from sigmic_conformance.mock_server.bootstrap.app import build
from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.config.settings import Settings
from sigmic_conformance.mock_server.runtime.clock.mode import MANUAL

HEARTBEAT = b":heartbeat\n\n"
DAY_BEATS = 24 * 3600 // 15
BOUNDS_MS = {"heartbeat": 5.0, "expiry_and_restore": 100.0, "day_of_heartbeats": 1000.0}
"""Promised, for the median."""


@dataclass(frozen=True, slots=True)
class Client:
    """Talks to the server as its owner and as its client."""

    session: aiohttp.ClientSession
    url: str
    token: str

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the platform."""
        headers = {"Authorization": f"Bearer {defaults.API_KEY}"}
        async with self.session.request(method, self.url + path, json=body, headers=headers) as answer:
            answer.raise_for_status()
            return (await answer.json())["data"]

    async def advance(self, by: str) -> Any:
        """Move time; return what fired."""
        headers = {"Authorization": f"Bearer {self.token}"}
        address = f"{self.url}/__mock/v1/clock/advance"
        async with self.session.post(address, json={"by": by}, headers=headers) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def stream(self, task_id: str) -> aiohttp.ClientResponse:
        """Open a task's stream."""
        headers = {"Authorization": f"Bearer {defaults.API_KEY}"}
        return await self.session.get(f"{self.url}/api/v1/tasks/{task_id}/stream", headers=headers)


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
    task = await client.call("POST", "/api/v1/tasks", {"message": "Wait 24 hours. Wait 24 hours."})
    stream = await client.stream(task["id"])
    await hear(stream, b'"processing"', 1)
    return stream


async def one_heartbeat(client: Client, stream: aiohttp.ClientResponse) -> float:
    """Return the milliseconds from asking for 15 s to the heartbeat."""
    start = time.perf_counter()
    asked = asyncio.ensure_future(client.advance("15s"))
    await hear(stream, HEARTBEAT, 1)
    took = (time.perf_counter() - start) * 1000
    fired = (await asked)["counts"]["heartbeat"]
    if fired != 1:
        raise AssertionError(f"{fired} heartbeats in 15 s")
    return took


async def expiry_and_restore(client: Client, task_id: str, number: int) -> float:
    """Return the milliseconds for half an hour, the expiry in it, and a follow-up that runs a command."""
    message = {"message": f"Run exactly this shell command: cat kept.txt; echo {number} >> kept.txt"}
    before = (await client.call("GET", f"/api/v1/tasks/{task_id}"))["sessionId"]
    start = time.perf_counter()
    fired = (await client.advance("30m"))["counts"]
    await client.call("POST", f"/api/v1/tasks/{task_id}/messages", message)
    stream = await client.stream(task_id)
    told = await stream.read()
    took = (time.perf_counter() - start) * 1000
    after = await client.call("GET", f"/api/v1/tasks/{task_id}")
    if fired["session_expiry"] != 1 or after["sessionId"] == before or b"event: done" not in told:
        raise AssertionError(f"no restore: {fired}, {after['status']}")
    if f"{number - 1}\\n".encode() not in told:
        raise AssertionError("the files of the session before are not there")
    return took


async def day_of_heartbeats(client: Client, stream: aiohttp.ClientResponse) -> float:
    """Return the milliseconds for a day of one stream's heartbeats."""
    start = time.perf_counter()
    asked = asyncio.ensure_future(client.advance("24h"))
    heard = await hear(stream, HEARTBEAT, DAY_BEATS)
    took = (time.perf_counter() - start) * 1000
    fired = (await asked)["counts"]["heartbeat"]
    if not fired == heard == DAY_BEATS:
        raise AssertionError(f"{fired} fired, {heard} heard, {DAY_BEATS} were due")
    return took


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[Client]:
    """Run a server on a manual clock."""
    application = await build(Settings(port=0, clock=MANUAL), folder)
    try:
        port = await application.start()
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            yield Client(session, f"http://127.0.0.1:{port}", application.control_token.reveal())
    finally:
        await application.stop()


async def measure(rounds: int) -> dict[str, list[float]]:
    """Return the samples of every figure, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        async with server(Path(folder)) as client:
            stream = await open_stream(client)
            beats = [await one_heartbeat(client, stream) for _ in range(rounds)]
            stream.close()
            first = {"message": "Run exactly this shell command: echo 0 > kept.txt"}
            task = await client.call("POST", "/api/v1/tasks", first)
            await (await client.stream(task["id"])).read()
            restores = [await expiry_and_restore(client, task["id"], n) for n in range(1, rounds // 4 + 1)]
            days = []
            for _ in range(max(1, rounds // 10)):
                stream = await open_stream(client)
                days.append(await day_of_heartbeats(client, stream))
                stream.close()
    return {"heartbeat": beats, "expiry_and_restore": restores, "day_of_heartbeats": days}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = {
        name: {"p50": statistics.median(it), "max": max(it), "n": len(it), "bound": BOUNDS_MS[name]}
        for name, it in asyncio.run(measure(given.rounds)).items()
    }
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for name, it in figures.items():
            sys.stdout.write(
                f"{name:20} p50 {it['p50']:8.2f} ms  max {it['max']:8.2f} ms"
                f"  n {it['n']:3}  bound {it['bound']:.0f} ms\n"
            )
    raise SystemExit(any(it["p50"] > it["bound"] for it in figures.values()))


if __name__ == "__main__":
    main()
