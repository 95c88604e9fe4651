"""A proxy that gathers each answer whole before it passes it on, as a misconfigured one does with streams."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.fakes.tcp_server import tcp_server


@contextlib.asynccontextmanager
async def buffering_proxy(upstream: int, *headers: str) -> AsyncIterator[str]:
    """Listen on a free port in front of a port of this machine; `headers` are added to every answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _pass(reader, writer, upstream, headers)

    async with tcp_server(serve) as url:
        yield url


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: int, headers: tuple[str, ...]
) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    body = await reader.readexactly(length)
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", upstream)
    try:
        far_writer.write(head + body)
        answer = await far_reader.read()
    finally:
        far_writer.close()
    first, _, rest = answer.partition(b"\r\n")
    more = b"".join(f"{header}\r\n".encode() for header in headers)
    writer.write(first + b"\r\n" + more + rest)
    await writer.drain()
