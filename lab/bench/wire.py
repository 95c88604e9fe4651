"""A client with little overhead: requests as bytes over kept connections, and streams that are only read."""

import asyncio
import time
from collections.abc import Callable

from lab.bench.children import AUTHORIZED, Child

TASKS = "/api/v1/tasks"
_LONGEST = 120.0


def get(path: str) -> bytes:
    """Return a request for a path, with the key."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{AUTHORIZED}\r\n".encode()


def post(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """Return a request that sends a body, with the key."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{AUTHORIZED}Content-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Connection:
    """One kept connection; answers must have a Content-Length."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, server: Child) -> "Connection":
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 24))

    async def ask(self, request: bytes, status: int = 200) -> bytes:
        """Send a request; return the body of the answer. Raises `AssertionError` on another status."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        body = await self._reader.readexactly(int(length))
        if head[9:12] != b"%d" % status:
            raise AssertionError(f"{head[:15]!r}, {status} was due: {body[:200]!r}")
        return body

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


async def one(server: Child, request: bytes, status: int = 200) -> bytes:
    """Send one request."""
    connection = await Connection.to(server)
    try:
        async with asyncio.timeout(_LONGEST):
            return await connection.ask(request, status)
    finally:
        connection.close()


async def many(
    server: Child, request: bytes, count: int, *, status: int = 200, connections: int = 16
) -> tuple[float, float]:
    """Send `count` requests; return requests per second, by the clock and by the server's processor time."""
    opened = [await Connection.to(server) for _ in range(connections)]

    async def some(connection: Connection) -> None:
        for _ in range(count // connections):
            await connection.ask(request, status)

    used, start = server.cpu_seconds(), time.perf_counter()
    async with asyncio.timeout(_LONGEST):
        await asyncio.gather(*map(some, opened))
    seconds, used = time.perf_counter() - start, server.cpu_seconds() - used
    for connection in opened:
        connection.close()
    done = count // connections * connections
    return done / seconds, done / used


class Listener(asyncio.Protocol):
    """An open stream; `heard` is called with each piece of bytes that arrives."""

    def __init__(self, request: bytes, heard: Callable[["Listener", bytes], None]) -> None:
        self._request, self._heard = request, heard
        self.opened = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Request the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Pass on the bytes."""
        if not self.opened.done():
            if not data.startswith(b"HTTP/1.1 200"):
                self.opened.set_exception(AssertionError(f"no stream: {data[:100]!r}"))
                return
            self.opened.set_result(None)
        self._heard(self, data)

    def connection_lost(self, error: Exception | None) -> None:
        """Record the end."""
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(error or AssertionError("closed unheard"))


async def listen(
    server: Child, request: bytes, count: int, heard: Callable[[Listener, bytes], None]
) -> list[Listener]:
    """Open `count` streams, a hundred at a time."""
    loop = asyncio.get_running_loop()
    streams: list[Listener] = []
    while len(streams) < count:
        some = [
            loop.create_connection(lambda: Listener(request, heard), "127.0.0.1", server.port)
            for _ in range(min(100, count - len(streams)))
        ]
        async with asyncio.timeout(_LONGEST):
            opened = [stream for _, stream in await asyncio.gather(*some)]
            await asyncio.gather(*(stream.opened for stream in opened))
        streams += opened
    return streams


def hang_up(streams: list[Listener]) -> None:
    """Close every stream; raises `AssertionError` if the server had closed one."""
    lost = sum(stream.lost for stream in streams)
    for stream in streams:
        stream.transport.abort()
    if lost:
        raise AssertionError(f"{lost} of {len(streams)} streams were closed by the server")
