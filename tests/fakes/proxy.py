"""A proxy between the suite and a platform that changes answers.

It understands only the HTTP/1.1 that this needs: one request per connection, bodies by length or chunked.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass

from tests.fakes.tcp_server import tcp_server

Head = list[tuple[str, str]]


@dataclass
class Bend:
    """The changes that the proxy makes to answers; `block` gets one event block without its blank line."""

    block: Callable[[bytes], bytes]
    body: Callable[[str, bytes], bytes]
    """Gets the target of the request and the whole body."""


@contextlib.asynccontextmanager
async def bending_proxy(upstream: int, bend: Bend) -> AsyncIterator[str]:
    """Listen on a free port in front of `upstream` (a port on 127.0.0.1); yield the base URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _exchange(reader, writer, upstream, bend)

    async with tcp_server(serve, limit=1 << 22) as url:
        yield url


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: int, bend: Bend
) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    target = head.split(b" ")[1].decode()
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", upstream, limit=1 << 22)
    far_writer.write(head)
    pump = asyncio.create_task(_pump(reader, far_writer))
    try:
        raw = await far_reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").split("\r\n")[:-2]
        status = int(first.split(" ")[1])
        fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        names = {name.lower(): value for name, value in fields}
        if names.get("content-type", "").lower().startswith("text/event-stream"):
            await _stream(far_reader, writer, bend, status, fields)
        else:
            await _whole(far_reader, writer, bend, target, status, fields)
    finally:
        pump.cancel()
        far_writer.transport.abort()  # closing waits for a platform that no longer reads


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 18):
            writer.write(data)
            await writer.drain()


async def _whole(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    bend: Bend,
    target: str,
    status: int,
    head: Head,
) -> None:
    names = {name.lower(): value for name, value in head}
    if names.get("transfer-encoding", "").lower() == "chunked":
        body = b"".join([chunk async for chunk in _chunks(reader)])
    elif "content-length" in names and int(names["content-length"]):
        with contextlib.suppress(asyncio.IncompleteReadError):
            body = b""
            body = await reader.readexactly(int(names["content-length"]))
    else:
        body = b""
    body = bend.body(target, body)
    kept = [
        (name, str(len(body)) if name.lower() == "content-length" and body else value)
        for name, value in head
        if name.lower() != "transfer-encoding"
    ]
    if "transfer-encoding" in names:
        kept.append(("Content-Length", str(len(body))))
    writer.write(_head(status, kept) + body)
    await writer.drain()


async def _stream(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bend: Bend, status: int, head: Head
) -> None:
    chunked = any(name.lower() == "transfer-encoding" for name, _ in head)
    # If the answer was not chunked, the client uses HTTP/1.0 and gets no chunks here either.
    kept = [(name, value) for name, value in head if name.lower() not in {"transfer-encoding", "connection"}]
    kept += [("Transfer-Encoding", "chunked")] if chunked else [("Connection", "close")]
    writer.write(_head(status, kept))
    pending = b""
    async with contextlib.aclosing(_chunks(reader) if chunked else _until_closed(reader)) as chunks:
        async for chunk in chunks:
            pending += chunk
            *blocks, pending = pending.split(b"\n\n")
            for block in blocks:
                await _send(writer, bend.block(block), chunked=chunked)
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _send(writer: asyncio.StreamWriter, data: bytes, *, chunked: bool) -> None:
    if data:
        writer.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
        await writer.drain()


async def _chunks(reader: asyncio.StreamReader) -> AsyncGenerator[bytes, None]:
    while size := int((await reader.readline()).partition(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)


async def _until_closed(reader: asyncio.StreamReader) -> AsyncGenerator[bytes, None]:
    while data := await reader.read(1 << 16):
        yield data


def _head(status: int, head: Head) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in head)
    return f"HTTP/1.1 {status} Bent\r\n{lines}\r\n".encode("latin-1")
