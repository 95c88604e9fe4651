"""A tiny HTTP server that answers every request by a script: exact bytes, pauses, resets."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

from tests.fakes.tcp_server import tcp_server

Script = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def wire_server(script: Script) -> AsyncIterator[str]:
    """Call `script(head, reader, writer)` for each connection and close it afterwards; yield the base URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await script(await reader.readuntil(b"\r\n\r\n"), reader, writer)

    async with tcp_server(serve) as url:
        yield url


def answering(raw: bytes) -> Script:
    """Return a script that answers with these bytes."""

    async def script(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return script


async def hanging(_: bytes, __: asyncio.StreamReader, ___: asyncio.StreamWriter) -> None:
    """Accept, read the request, and send nothing."""
    await asyncio.Event().wait()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close the connection with a reset."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
