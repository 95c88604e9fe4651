"""Minimal servers that the mock is measured against, each in a separate process.

`python -m lab.bench.floors KIND …`: `answer FILE STATUS` is a bare aiohttp handler that returns a file;
`wheel PERIOD` a raw asyncio protocol whose streams get heartbeats from one wheel; `receive FOLDER` writes
what it receives to files.
"""

import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_BEAT = b"c\r\n:heartbeat\n\n\r\n"
_SLOTS = 300
_PIECE = 256 * 1024


class _Beaten(asyncio.Protocol):
    """A stream that is in the wheel from its request to its end."""

    def __init__(self, wheel: list[set[asyncio.Transport]], places: Callable[[], int]) -> None:
        self._wheel, self._places = wheel, places
        self._slot = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, _data: bytes) -> None:
        self._transport.write(_HEAD)
        self._slot = self._places()
        self._wheel[self._slot].add(self._transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._wheel[self._slot].discard(self._transport)


async def _wheel(period: float) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    wheel: list[set[asyncio.Transport]] = [set() for _ in range(_SLOTS)]
    count = [0]
    width, start = period / _SLOTS, loop.time()

    def place() -> int:
        count[0] += 1
        return count[0] % _SLOTS

    def turn(number: int) -> None:
        for transport in wheel[number % _SLOTS]:
            transport.write(_BEAT)
        loop.call_at(start + (number + 1) * width, turn, number + 1)

    turn(0)
    return await loop.create_server(lambda: _Beaten(wheel, place), "127.0.0.1", 0, backlog=4096)


class _Received(asyncio.BufferedProtocol):
    """A body that is written to a file while it arrives; answered when it is complete."""

    def __init__(self, folder: Path) -> None:
        self._buffer = bytearray(_PIECE)
        self._view = memoryview(self._buffer)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - as long as the connection
        self._left = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, _hint: int) -> memoryview:
        return self._view

    def buffer_updated(self, count: int) -> None:
        data = self._view[:count]
        if self._left < 0:
            head, _, _ = bytes(data).partition(b"\r\n\r\n")
            length = next(it for it in head.split(b"\r\n") if it.lower().startswith(b"content-length:"))
            self._left = int(length.split(b":")[1])
            data = data[len(head) + 4 :]
        self._file.write(data)
        self._left -= len(data)
        if self._left == 0:
            self._transport.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    def connection_lost(self, _error: Exception | None) -> None:
        self._file.close()


async def _answer(file: Path, status: int) -> asyncio.Server | web.TCPSite:
    body = await asyncio.to_thread(file.read_bytes)

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, status=status, content_type="application/json")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return site


async def serve(kind: str, arguments: list[str]) -> None:
    """Listen, print the address, and serve until stopped."""
    if kind == "answer":
        site = await _answer(Path(arguments[0]), int(arguments[1]))
        server = site._server if isinstance(site, web.TCPSite) else site  # noqa: SLF001 - its port is nowhere else
    elif kind == "wheel":
        server = await _wheel(float(arguments[0]))
    else:
        folder, loop = Path(arguments[0]), asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Received(folder), "127.0.0.1", 0)
    assert isinstance(server, asyncio.Server)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"base_url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    await end.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2:]))
