"""A proxy between the suite and a platform that edits bytes on the way, and counts what it edited.

It understands just enough HTTP/1.1 for that: one request a connection, bodies by length or chunked. When the
client goes away the platform is left at once, so that a disconnect stays one.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from sigmic_conformance.conformance.proof.wire_message import Answer, Cut, Edit, Farewell, Memory, block

T = TypeVar("T")

LIMIT = 1 << 22
HOLD_SECONDS = 60.0


class Proxy:
    """One edit in front of one platform; `hits` says how often it changed anything."""

    def __init__(self, upstream: int, edit: Edit) -> None:
        self.hits = 0
        self._upstream = upstream
        self._edit = edit
        self._memory: Memory = {}
        self._running: set[asyncio.Task[None]] = set()
        self._transports: set[asyncio.WriteTransport] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Listen on a free port of the loopback; yield the base URL."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=LIMIT)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            for _ in range(5):
                await asyncio.sleep(0)  # whoever has connected is accepted: it takes some turns
            server.close()
            for task in self._running.copy():
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            for transport in self._transports:
                transport.abort()  # closing waits for a platform that reads no more

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Noted at once: a task that is cancelled before its first step closes nothing.
        self._transports.add(writer.transport)
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            await self._exchange(reader, writer)
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target = head.split(b" ", 2)[:2]
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._upstream, limit=LIMIT)
        self._transports.add(far_writer.transport)
        far_writer.write(head)
        relay = asyncio.ensure_future(self._relay(method.decode(), target.decode(), far_reader, writer))
        pump = asyncio.ensure_future(_pump(reader, far_writer))
        pump.add_done_callback(lambda _: relay.cancel())
        try:
            await relay
        finally:
            pump.cancel()
            far_writer.close()

    async def _relay(
        self, method: str, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        raw = await reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").split("\r\n")[:-2]
        pairs = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        answer = Answer(method=method, target=target, status=int(first.split(" ")[1]), headers=pairs)
        if answer.is_stream and answer.header("transfer-encoding"):
            await self._stream(answer, reader, writer)
        else:
            await self._whole(answer, reader, writer)

    async def _whole(
        self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        edit = self._edit
        body = b"" if answer.method == "HEAD" else await _body(answer, reader)
        whole = _framed(answer, body) if body else answer
        if edit.body is not None:
            changed = edit.body(whole, self._memory)
            whole = whole if changed is None else _framed(whole, self._hit(changed))
        if edit.head is not None:
            altered = edit.head(whole, self._memory)
            whole = whole if altered is None else self._hit(altered)
        message: bytes | Cut = whole.head() + whole.body
        if edit.wire is not None:
            other = edit.wire(whole, whole.head() + whole.body)
            message = message if other is None else self._hit(other)
        await _send(writer, message)

    async def _stream(
        self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        edit = self._edit
        altered = None if edit.head is None else edit.head(answer, self._memory)
        told = answer if altered is None else self._hit(altered)
        await _send(writer, told.head())
        stream: Memory = {}
        pending = b""
        async with contextlib.aclosing(_chunks(reader)) as chunks:
            async for chunk in chunks:
                *blocks, pending = (pending + chunk).split(b"\n\n")
                for raw in blocks:
                    sent = self._piece(raw + b"\n\n", answer.target, stream)
                    if not await _send(writer, sent, framed=True):
                        return
        ending = None if edit.last is None else edit.last()
        await _send(writer, b"0\r\n\r\n" if ending is None else self._hit(ending))

    def _piece(self, raw: bytes, target: str, stream: Memory) -> bytes | Cut:
        edited = (
            None if self._edit.piece is None else self._edit.piece(block(raw, target, stream), self._memory)
        )
        return raw if edited is None else self._hit(edited)

    def _hit(self, value: T) -> T:
        self.hits += 1
        return value


def _framed(answer: Answer, body: bytes) -> Answer:
    """The answer with a body and its length, not chunked."""
    plain = answer.put("Transfer-Encoding", None).put("Content-Length", str(len(body)))
    return Answer(
        method=answer.method, target=answer.target, status=answer.status, headers=plain.headers, body=body
    )


async def _send(writer: asyncio.StreamWriter, message: bytes | Cut, *, framed: bool = False) -> bool:
    """Send, as a chunk when `framed`; False when that was the last of the connection."""
    data = message.data if isinstance(message, Cut) else message
    if data:
        writer.write(b"%x\r\n%s\r\n" % (len(data), data) if framed else data)
        await writer.drain()
    if not isinstance(message, Cut):
        return True
    if message.how is Farewell.HOLD:
        await asyncio.sleep(HOLD_SECONDS)
    if message.how is Farewell.RESET:
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    return False


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 18):
            writer.write(data)
            await writer.drain()


async def _body(answer: Answer, reader: asyncio.StreamReader) -> bytes:
    if answer.header("transfer-encoding").lower() == "chunked":
        return b"".join([chunk async for chunk in _chunks(reader)])
    length = answer.header("content-length")
    return await reader.readexactly(int(length)) if length else b""


async def _chunks(reader: asyncio.StreamReader) -> AsyncGenerator[bytes, None]:
    while size := int((await reader.readline()).partition(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
