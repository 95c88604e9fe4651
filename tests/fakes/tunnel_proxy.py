"""A proxy that opens tunnels (`CONNECT`) for any name to one server here, or refuses to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sigmic_conformance.target.proxy import Proxy
from tests.fakes.tcp_server import tcp_server

OPEN = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 fake\r\n\r\n"


@dataclass
class Seen:
    """The proxy for a client, and the heads of the requests that it received."""

    proxy: Proxy
    heads: list[bytes] = field(default_factory=list)


@contextlib.asynccontextmanager
async def tunnel_proxy(upstream: str = "", *, answer: bytes = OPEN) -> AsyncIterator[Seen]:
    """Answer every CONNECT with these bytes, and tunnel to `upstream` if they are a success."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        if answer is not OPEN:
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", urlsplit(upstream).port)
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.transport.abort()

    async with tcp_server(serve) as url:
        port = urlsplit(url).port or 0
        yield Seen(
            Proxy(host="127.0.0.1", port=port, variable="HTTP_PROXY", authorization="Basic dTpw"), seen
        )


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
