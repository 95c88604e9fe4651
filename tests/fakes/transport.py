"""A transport that sends nothing and records what was written."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from sigmic_mock.http.event_stream import EventStream

Stream = TypeVar("Stream", bound=EventStream)


class RecordingTransport:
    """Accepts bytes until `capacity` is full, then pauses its protocol, as asyncio's transport does."""

    def __init__(self, capacity: int = 1 << 60) -> None:
        self.capacity = capacity
        self.written: list[bytes] = []
        self.buffered = 0
        self.aborted = False
        self.closing = False
        self.reading = True
        self.protocol: asyncio.Protocol | None = None

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        self.written.append(bytes(data))
        self.buffered += len(data)
        if self.buffered > self.capacity and self.protocol is not None:
            self.protocol.pause_writing()

    def drain(self) -> None:
        """Read everything, as a client does."""
        self.buffered = 0
        if self.protocol is not None:
            self.protocol.resume_writing()
            self._lose()

    def close(self) -> None:
        """End the connection after the client has read everything."""
        self.closing = True
        self._lose()

    def _lose(self) -> None:
        if self.closing and self.buffered <= self.capacity and self.protocol is not None:
            self.protocol.connection_lost(None)

    def get_write_buffer_size(self) -> int:
        return max(0, self.buffered - self.capacity)

    def get_extra_info(self, _name: str) -> None:
        return None

    def set_write_buffer_limits(self, high: int) -> None:
        """Ignore the limit: the test sets the capacity."""

    def is_reading(self) -> bool:
        return self.reading

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.aborted or self.closing

    def abort(self) -> None:
        self.aborted = True


async def drained(stream: Stream, end: Callable[[Stream], None]) -> tuple[int, list[dict[str, Any]]]:
    """Send 2 MB over a socket, end, and read; return the number of bytes received and the loop's errors."""
    problems: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, problem: problems.append(problem))
    ours, theirs = socket.socketpair()
    transport, _ = await loop.create_connection(lambda: stream, sock=ours)
    stream.write(b"x" * 2_000_000)
    stream.write(b"the last")
    end(stream)
    stream.open(transport, chunked=False)

    reader, writer = await asyncio.open_connection(sock=theirs)
    async with asyncio.timeout(10):
        heard = await reader.read()
        await stream.ended
    writer.close()
    await writer.wait_closed()
    return len(heard), problems
