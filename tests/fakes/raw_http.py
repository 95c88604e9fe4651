"""A client that records an answer on the wire: bytes, chunks, times, and how it ended."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.waiting import PATIENCE


@dataclass(slots=True)
class Seen:
    """One answer as it arrived. `ending`: whole, cut, reset, or open (nothing more came)."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunks: list[bytes] = field(default_factory=list)
    ending: str = "cut"
    closed: bool = False
    seconds: float = 0.0

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def see(port: int, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Seen:
    """Send one request and record the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{n}: {v}" for n, v in headers.items())]
    if (body or method == "POST") and "Content-Length" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    started = time.monotonic()
    seen = Seen()
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        async with asyncio.timeout(PATIENCE):
            await _read(reader, seen)
        seen.ending = "whole"
    except TimeoutError:
        seen.ending = "open"
    except ConnectionError:
        seen.ending = "reset"
    except asyncio.IncompleteReadError as cut:
        seen.body += cut.partial
    finally:
        seen.seconds = time.monotonic() - started
        writer.close()
    return seen


async def _read(reader: asyncio.StreamReader, seen: Seen) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")[:-2]
    seen.status = int(status.split(" ")[1])
    seen.headers = {n.lower(): v for n, v in (line.split(": ", 1) for line in lines)}
    if seen.headers.get("transfer-encoding") == "chunked":
        await _read_chunks(reader, seen)
        return
    seen.body = await reader.readexactly(int(seen.headers.get("content-length", "0")))
    if seen.headers.get("connection") == "close":
        seen.closed = await reader.read(1000) == b""


async def _read_chunks(reader: asyncio.StreamReader, seen: Seen) -> None:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        chunk = (await reader.readexactly(size + 2))[:-2]
        seen.chunks.append(chunk)
        seen.body += chunk
    await reader.readexactly(2)
