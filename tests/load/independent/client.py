"""A second client of the streams, on plain sockets.

It shares no code with `load/`, so that each can be wrong without the other. It keeps every arrival time and
judges nothing; `figures.py` makes numbers of them afterwards.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

TASKS = "/api/v1/tasks"
SECONDS = 60.0
"""Deadline of a call."""
AT_ONCE = 50
"""Streams that are being opened at the same time."""


class Broken(Exception):
    """What came is no answer of this API; the text says what came."""


@dataclass(slots=True)
class Told:
    """What one stream told; times are monotonic seconds, None when it never came to that."""

    task: str
    opened: float | None = None
    beats: list[float] = field(default_factory=list)
    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    ended: float | None = None
    """When the server ended it; None for a stream that we left."""


class Stream(asyncio.Protocol):
    """One `stream_task`: undoes the chunks, splits the lines, notes heartbeats and events as they arrive."""

    def __init__(self, request: bytes, task: str) -> None:
        self.told = Told(task)
        self.is_open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._raw = bytearray()
        self._body = bytearray()
        self._has_head = False
        self._block: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = monotonic()
        self._raw += data
        if not self._has_head and not self._take_head(now):
            return
        while (piece := self._next_chunk()) is not None:
            self._body += piece
        while (end := self._body.find(b"\n")) >= 0:
            line = bytes(self._body[:end]).rstrip(b"\r")
            del self._body[: end + 1]
            if line:
                self._block.append(line)
            else:
                self._take_block(now)

    def _take_head(self, now: float) -> bool:
        head, blank, rest = bytes(self._raw).partition(b"\r\n\r\n")
        if not blank:
            return False
        if not head.startswith(b"HTTP/1.1 200 ") or b"chunked" not in head.lower():
            self.leave()
            if not self.is_open.done():
                self.is_open.set_exception(Broken(head.splitlines()[0].decode("latin-1")))
            return False
        self._raw[:] = rest
        self._has_head, self.told.opened = True, now
        if not self.is_open.done():
            self.is_open.set_result(None)
        return True

    def _next_chunk(self) -> bytes | None:
        line = self._raw.find(b"\r\n")
        if line < 0:
            return None
        size = int(self._raw[:line].split(b";")[0], 16)
        begin = line + 2
        if len(self._raw) < begin + size + 2:
            return None
        piece = bytes(self._raw[begin : begin + size])
        del self._raw[: begin + size + 2]
        if not size:
            self._over(monotonic())
            return None
        return piece

    def _take_block(self, now: float) -> None:
        lines, self._block = self._block, []
        if b":heartbeat" in lines:
            self.told.beats.append(now)
        fields = [line.partition(b":") for line in lines if not line.startswith(b":")]
        names = [value.removeprefix(b" ").decode() for name, _, value in fields if name == b"event"]
        data = b"\n".join(value.removeprefix(b" ") for name, _, value in fields if name == b"data")
        if data:
            self.told.events.append((names[-1] if names else "message", json.loads(data)))

    def connection_lost(self, _error: Exception | None) -> None:
        self._over(monotonic())
        if not self.is_open.done():
            self.is_open.set_exception(Broken("the connection ended before an answer"))

    def _over(self, now: float) -> None:
        if not self.is_over.done():
            self.told.ended = now
            self.is_over.set_result(None)

    def leave(self) -> None:
        """Close it; what comes from now on was not heard. Idempotent."""
        if not self.is_over.done():
            self.is_over.set_result(None)
        if self._transport is not None:
            self._transport.abort()


class Client:
    """Calls one deployment with one key."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._head = f"Host: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n"

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send one request on a connection of its own; the `data` of the answer; raises `Broken`."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Connection: close\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(*self._address)
            try:
                writer.write(head.encode() + sent)
                answer = await reader.read()
            finally:
                writer.close()
        told, _, content = answer.partition(b"\r\n\r\n")
        if not told.startswith(b"HTTP/1.1 2"):
            raise Broken(f"{method} {path}: {told.splitlines()[:1]}")
        return json.loads(content)["data"] if content else None

    async def create(self, message: str) -> str:
        """Create a task; its id."""
        return str((await self.call("POST", TASKS, {"message": message}))["id"])

    async def cancel(self, task: str) -> None:
        """End a task."""
        await self.call("DELETE", f"{TASKS}/{task}")

    async def open(self, task: str) -> Stream:
        """Open the stream of a task; raises `Broken` when it is refused."""
        head = f"GET {TASKS}/{task}/stream HTTP/1.1\r\n{self._head}Accept: text/event-stream\r\n\r\n"
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SECONDS):
            _, stream = await loop.create_connection(lambda: Stream(head.encode(), task), *self._address)
            await stream.is_open
        return stream


@dataclass(slots=True)
class Lag:
    """How late the client's own loop was, each time it was looked at; seconds."""

    seen: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            due = monotonic() + 0.05
            await asyncio.sleep(0.05)
            self.seen.append(max(0.0, monotonic() - due))


@dataclass(slots=True)
class Held:
    """Idle streams that were held until `left`, those that the server refused, and our own lag."""

    told: list[Told]
    refused: int
    left: float
    lag: Lag


async def hold(client: Client, streams: int, per_task: int, seconds: float) -> Held:
    """Hold so many idle streams until `seconds` after the start, then leave them and end their tasks."""
    until = monotonic() + seconds
    lag, places = Lag(), asyncio.Semaphore(AT_ONCE)
    watching = asyncio.create_task(lag.watch())
    opened: list[Stream] = []
    refused = 0

    async def one(task: str) -> None:
        nonlocal refused
        async with places:
            if monotonic() >= until:
                return
            try:
                opened.append(await client.open(task))
            except (Broken, OSError):
                refused += 1

    tasks: list[str] = []
    try:
        tasks += [await client.create("Wait 24 hours") for _ in range(-(-streams // per_task))]
        await asyncio.gather(*(one(tasks[number % len(tasks)]) for number in range(streams)))
        await asyncio.sleep(max(0.0, until - monotonic()))
    finally:
        left = monotonic()
        watching.cancel()
        for stream in opened:
            stream.leave()
        await asyncio.gather(*(client.cancel(task) for task in tasks), return_exceptions=True)
    return Held([stream.told for stream in opened], refused, left, lag)


@dataclass(frozen=True, slots=True)
class Followed:
    """One task that was followed in pieces: each connection, and what the task shows in the end."""

    connections: list[Told]
    history: list[Mapping[str, Any]]


async def follow(client: Client, message: str, drops: int, stay: float) -> Followed | None:
    """Leave a running task's stream so many times, `stay` seconds after it opened, then hear it to its end.

    None when the stream or the end was refused.
    """
    connections: list[Told] = []
    try:
        task = await client.create(message)
        for number in range(drops + 1):
            stream = await client.open(task)
            connections.append(stream.told)
            await asyncio.wait([stream.is_over], timeout=SECONDS if number == drops else stay)
            stream.leave()
        history = await client.call("GET", f"{TASKS}/{task}/history")
    except (Broken, OSError):
        return None
    return Followed(connections, history["messages"])


async def follow_on(client: Client, message: str, drops: int, stay: float, seconds: float) -> list[Followed]:
    """Follow one task after the other; none is begun later than so many seconds from now."""
    until, found = monotonic() + seconds, []
    while monotonic() < until:
        followed = await follow(client, message, drops, stay)
        if followed is None:
            await asyncio.sleep(0.5)  # a target that refuses is left alone
        else:
            found.append(followed)
    return found
