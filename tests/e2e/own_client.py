"""A client on the suite's HTTP client and decoder that handles faults as it should: timeouts, retries and
reconnection. It checks the server's state before it repeats a request that may have had an effect."""

import asyncio
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.wire.bodies import Plain
from sigmic_conformance.wire.client import Client, retry_after
from sigmic_conformance.wire.connection import Bounds, Capture, Request
from sigmic_conformance.wire.sse import Decoder
from sigmic_conformance.wire.transcript import Closed

ATTEMPTS = 6
SILENCE_SECONDS = float(os.environ.get("OWN_CLIENT_SILENCE", "40"))
"""Longer than two heartbeats. A stream that is silent for this time is dead."""
TASKS = "/api/v1/tasks"
HEADERS = (
    ("Authorization", f"Bearer {os.environ['SIGMIC_API_KEY']}"),
    ("User-Agent", "own-client"),
    ("Connection", "close"),
)
BOUNDS = Bounds(connect=5, head=30, total=60)


class TransientFault(Exception):
    """An unusable answer. Retry after `pause` seconds."""

    def __init__(self, told: str, pause: float | None = None) -> None:
        super().__init__(told)
        self.pause = pause


@dataclass(slots=True)
class OwnClient:
    """Calls that survive transient faults."""

    http: Client

    async def once(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        """Call once. Raises `TransientFault` unless the answer is whole JSON, which must be a success."""
        content = None if body is None else Plain(json.dumps(body).encode())
        request = Request(method=method, target=path, headers=HEADERS, body=content)
        capture = await self.http.exchange(request, BOUNDS)
        refuse_transient(capture)
        try:
            value = json.loads(b"".join(chunk.data for chunk in capture.chunks))
        except ValueError:
            raise TransientFault("not JSON") from None
        assert value["success"], value
        return value["data"]

    async def read(self, path: str) -> Any:
        return await lasting(lambda: self.once("GET", path))

    async def create(self, message: str) -> str:
        """Create a task once: if an answer is lost, check whether the task exists."""

        async def attempt(number: int) -> str:
            if number > 0:
                for task in await self.read(TASKS):
                    if task["message"] == message:
                        return str(task["id"])
            return str((await self.once("POST", TASKS, {"message": message}))["id"])

        return str(await numbered(attempt))

    async def send(self, task: str, message: str) -> None:
        """Send a follow-up once: if an answer is lost, check whether the message is in the history."""

        async def attempt(number: int) -> None:
            if number > 0 and any(each["content"] == message for each in await self.history(task)):
                return
            await self.once("POST", f"{TASKS}/{task}/messages", {"message": message})

        await numbered(attempt)

    async def history(self, task: str) -> list[dict[str, Any]]:
        return list((await self.read(f"{TASKS}/{task}/history"))["messages"])

    async def follow(self, task: str) -> None:
        """Read streams, as many as needed, until the turn has ended."""

        async def attempt(_number: int) -> None:
            await self.listen(task)
            if (await self.read(f"{TASKS}/{task}"))["status"] not in {"completed", "failed", "cancelled"}:
                raise TransientFault("the stream ended and the task has not")

        await numbered(attempt)

    async def listen(self, task: str) -> None:
        """Read one stream until it ends or is silent for too long."""
        decoder, news = Decoder(), asyncio.Event()

        def take(data: bytes) -> None:
            decoder.feed(data)
            news.set()

        headers = (*HEADERS, ("Accept", "text/event-stream"))
        request = Request(method="GET", target=f"{TASKS}/{task}/stream", headers=headers)
        connection = await self.http.open(request, BOUNDS, take)
        await connection.head(BOUNDS.head)
        while connection.capture.closed is Closed.OPEN:
            news.clear()
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    await news.wait()
            except TimeoutError:
                connection.give_up("silent for too long")
        refuse_transient(connection.capture, kind="text/event-stream", whole=False)


def refuse_transient(capture: Capture, *, kind: str = "application/json", whole: bool = True) -> None:
    """Raise `TransientFault` for a response that did not come from the platform."""
    if capture.status is None or (whole and capture.closed is not Closed.COMPLETE):
        raise TransientFault(f"no whole answer: {capture.closed}")
    if capture.status in {429, 500, 502, 503, 504}:
        given = any(name.lower() == "retry-after" for name, _ in capture.headers)
        raise TransientFault(f"status {capture.status}", retry_after(capture.headers, 10) if given else None)
    types = [value for name, value in capture.headers if name.lower() == "content-type"]
    if not types or types[0].partition(";")[0].strip() != kind:
        raise TransientFault(f"not {kind}: {types}")


async def lasting(act: Callable[[], Any]) -> Any:
    return await numbered(lambda _number: act())


async def numbered(act: Callable[[int], Any]) -> Any:
    """Retry after a transient fault, with growing delays."""
    for number in range(ATTEMPTS):
        try:
            return await act(number)
        except TransientFault as fault:
            if number == ATTEMPTS - 1:
                raise
            await asyncio.sleep(0.1 * 2**number if fault.pause is None else fault.pause)
    raise AssertionError("unreachable")


async def main() -> None:
    """Create a task, stream it until done, follow up, and stream until done."""
    client = OwnClient(Client(os.environ["SIGMIC_BASE_URL"]))
    mark = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(12))
    task = await client.create(f"Think about rain in Zürich. Run exactly this shell command: `echo {mark}`")
    await client.follow(task)
    if (await client.read(f"{TASKS}/{task}"))["status"] == "failed":
        await client.send(task, f"Run exactly this shell command: `echo {mark}`")
        await client.follow(task)
    assert mark in str((await client.history(task))[-1]["content"])
    await client.send(task, "What is 3+3?")
    await client.follow(task)
    assert (await client.read(f"{TASKS}/{task}"))["status"] == "completed"
    assert "6" in str((await client.history(task))[-1]["content"])


if __name__ == "__main__":
    asyncio.run(main())
