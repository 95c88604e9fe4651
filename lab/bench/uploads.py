"""Rows of many files of 50 MiB at the same time. Floor: a raw protocol that writes its input to a file."""

import asyncio
import socket
import tempfile
import time
from pathlib import Path

from lab.bench.children import AUTHORIZED, Child, floor, mock
from lab.bench.figures import Bound, Row
from lab.bench.plan import Size
from lab.bench.wire import TASKS

MIB = 1 << 20
_FILE = 50 * MIB
_PIECE = bytes(range(256)) * 4096
_SECONDS = 120.0
_BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW9"
"""As long as a browser's boundary: the shorter a boundary, the slower the search for it."""


def send_file(port: int) -> None:
    """Send one task with a file of 50 MiB; blocking, on a separate thread."""
    before = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="message"\r\n\r\nWhat is 2+2?\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="big.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    after = f"\r\n--{_BOUNDARY}--\r\n".encode()
    head = (
        f"POST {TASKS} HTTP/1.1\r\nHost: localhost\r\n{AUTHORIZED}"
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
        f"Content-Length: {len(before) + _FILE + len(after)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
        connection.sendall(head.encode() + before)
        for _ in range(_FILE // len(_PIECE)):
            connection.sendall(_PIECE)
        connection.sendall(after)
        answer = connection.recv(1 << 16)
    if not answer.startswith(b"HTTP/1.1 201"):
        raise AssertionError(answer[:300])


async def _upload(server: Child, count: int) -> tuple[float, float, float]:
    """Return MB per second by the clock, MB per CPU second, and the growth of memory at its peak in MB."""
    await asyncio.to_thread(send_file, server.port)
    server.forget_peak()
    memory, used, start = server.memory(), server.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(asyncio.to_thread(send_file, server.port) for _ in range(count)))
    seconds, used = time.perf_counter() - start, server.cpu_seconds() - used
    size = count * _FILE / 1e6
    return size / seconds, size / used, (server.memory("VmHWM") - memory) / 1e6


async def uploads(size: Size) -> list[Row]:
    """Send to both alternately, each on a new server."""
    sides: tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]] = ([], [])
    for _ in range(min(size.rounds, 3)):
        with tempfile.TemporaryDirectory() as folder:
            async with floor("receive", folder) as raw:
                sides[0].append(await _upload(raw, size.uploads))
        with tempfile.TemporaryDirectory() as folder:
            async with mock(data=Path(folder)) as ours:
                sides[1].append(await _upload(ours, size.uploads))
    what = f"{size.uploads} x 50 MiB upload"
    rates = [
        Row(
            what=f"{what}, {how}",
            unit=unit,
            floor=[it[index] for it in sides[0]],
            ours=[it[index] for it in sides[1]],
            milestone=Bound(least=0.6),
            goal=Bound(least=0.75),
        )
        for index, (how, unit) in enumerate((("by the clock", "MB/s"), ("by CPU", "MB/CPU s")))
    ]
    growth = Row(
        what=f"{what}, memory",
        unit="MB",
        floor=[it[2] for it in sides[0]],
        ours=[it[2] for it in sides[1]],
        by_ratio=False,
        milestone=Bound(most=8),
        note="peak over what a first upload left; the floor holds a buffer of 256 KiB a connection",
    )
    return [*rates, growth]
