"""An upstream that answers each request by the script of a test; the recorder's first check succeeds."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.fakes.wire_server import Script, wire_server

LOOK = json.dumps({"success": False, "error": {"message": "no", "code": "AUTH_REQUIRED"}}).encode()
HEADERS = {"X-Request-Id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "Cache-Control": "no-store"}
TASK = "c37c1d78-4d23-4e53-949a-ddd775f25e01"


def answer(
    body: bytes = b"",
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return the bytes of an answer with a Content-Length."""
    own = {"Content-Type": "application/json", **HEADERS, **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in own.items())
    return f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def ok(data: Any, status: str = "200 OK", **headers: str) -> bytes:
    """Return the bytes of a success."""
    return answer(json.dumps({"success": True, "data": data}).encode(), status, headers)


def frame(name: str, **data: Any) -> bytes:
    """Return one event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def stream(*frames: bytes, ends: bool = True) -> bytes:
    """Return the bytes of a chunked stream; without its last chunk if it does not end."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in frames)
    return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + (b"0\r\n\r\n" if ends else b"")


class Upstream:
    """Answers by `METHOD path`. Saves the requests: heads, and bodies that have a length."""

    def __init__(self, answers: Mapping[str, bytes | Script]) -> None:
        self.answers = answers
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.url = ""

    async def script(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        if target == "/api/v1/tasks" and method == "GET" and not self.heads:
            writer.write(answer(LOOK, "401 Unauthorized", {"Connection": "close"}))
            self.heads.append(head)
            await writer.drain()
            return
        self.heads.append(head)
        found = self.answers[f"{method} {target}"]
        if callable(found):
            await found(head, reader, writer)
            return
        self.bodies.append(await body_of(head, reader))
        writer.write(found)
        await writer.drain()


async def body_of(head: bytes, reader: asyncio.StreamReader) -> bytes:
    """Read the body that a head announces."""
    headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    if b"Content-Length" in headers:
        return await reader.readexactly(int(headers[b"Content-Length"]))
    body = b""
    if headers.get(b"Transfer-Encoding") == b"chunked":
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readline()
    return body


def passing_on(port: int, *headers: str) -> Script:
    """Forward each answer of a server here as a whole, with these headers, as a buffering proxy does."""

    async def script(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        far_writer.write(head + await body_of(head, reader))
        first, _, rest = (await far_reader.read()).partition(b"\r\n")
        far_writer.close()
        writer.write(b"\r\n".join([first, *(header.encode() for header in headers), rest]))
        await writer.drain()

    return script


@asynccontextmanager
async def upstream(answers: Mapping[str, bytes | Script]) -> AsyncIterator[Upstream]:
    """Serve on a free port."""
    scripted = Upstream(answers)
    async with wire_server(scripted.script) as url:
        scripted.url = url
        yield scripted
