"""Rows of readers that never read, next to one that reads. Floor: the same events with the good reader alone.

The control plane sends the events, and nothing stores them: so the growth of the server's memory is
what it holds for readers. Kernel memory is that of TCP on this machine, including other programs.
"""

import asyncio
import json
import socket
from dataclasses import dataclass
from pathlib import Path

from tools.bench.children import Child, mock
from tools.bench.figures import Bound, Row
from tools.bench.idle_streams import waiting_task
from tools.bench.plan import Size
from tools.bench.wire import Connection, Listener, hang_up, listen

_SILENT = 100
_EVENTS = 8000
_MARK = b"~"
_BODY = json.dumps({"event": "content", "data": {"text": "x" * 1000 + "~", "isPartial": True}}).encode()
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Grown:
    """Growth of memory at its peak, in MB."""

    server: float
    kernel: float


def kernel_bytes() -> int:
    """Return the memory of TCP on this machine, for both ends of every connection."""
    lines = Path("/proc/net/sockstat").read_text().splitlines()
    words = next(line.split() for line in lines if line.startswith("TCP:"))
    return int(words[words.index("mem") + 1]) * _PAGE


def _silent(server: Child, request: bytes) -> socket.socket:
    """Open a stream and never read from it."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall(request)
    return connection


def _inject(server: Child, task: str) -> bytes:
    return (
        f"POST /__mock/v1/tasks/{task}/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Authorization: Bearer {server.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(_BODY)}\r\n\r\n"
    ).encode() + _BODY


async def _grown(silent: int) -> Grown:
    marks = 0
    done = asyncio.Event()

    def heard(_stream: Listener, data: bytes) -> None:
        nonlocal marks
        marks += data.count(_MARK)
        if marks >= _EVENTS:
            done.set()

    async with mock("--heartbeat=60") as server:
        request = await waiting_task(server)
        task = request.split(b"/")[4].decode()
        streams = await listen(server, request, 1, heard)
        readers = await asyncio.gather(*(asyncio.to_thread(_silent, server, request) for _ in range(silent)))
        await asyncio.sleep(1)
        server.forget_peak()
        before, kernel, most = server.memory(), kernel_bytes(), 0
        sender = await Connection.to(server)
        ordered = _inject(server, task)
        for number in range(_EVENTS):
            await sender.ask(ordered)
            if number % 200 == 0:
                most = max(most, kernel_bytes() - kernel)
        async with asyncio.timeout(60):
            await done.wait()
        grown = Grown((server.memory("VmHWM") - before) / 1e6, max(most, kernel_bytes() - kernel) / 1e6)
        sender.close()
        for each in readers:
            each.close()
        hang_up(streams)
    if marks != _EVENTS:
        raise AssertionError(f"the good reader heard {marks} of {_EVENTS} events")
    return grown


async def slow_readers(size: Size) -> list[Row]:
    """Send to both alternately, each on a new server."""
    alone: list[Grown] = []
    beside: list[Grown] = []
    for _ in range(min(size.rounds, 2)):
        alone.append(await _grown(0))
        beside.append(await _grown(_SILENT))
    what = f"{_SILENT} silent readers, {_EVENTS:,} events"
    return [
        Row(
            what=f"{what}: {where}",
            unit="MB",
            floor=[getattr(it, name) for it in alone],
            ours=[getattr(it, name) for it in beside],
            by_ratio=False,
            milestone=Bound(most=most),
            note="the good reader heard every event",
        )
        for where, name, most in (("server's growth", "server", 8), ("kernel's growth", "kernel", 25))
    ]
