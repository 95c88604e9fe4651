"""Rows of one event sent to many streams. Floor: a loop of `send` over the same sockets, same bytes."""

import asyncio
import json
import tempfile
from pathlib import Path

from tools.bench.children import Child, floor, mock
from tools.bench.figures import Bound, Row
from tools.bench.plan import Size
from tools.bench.wire import TASKS, Listener, get, hang_up, listen, one, post

_MARK = b"~"
_TEXT = 250
_PAUSE = 0.03
_PLAYBOOK = """
name: crowd
summary: {events} pieces of content for many listeners.
when: {{message: "playbook: crowd"}}
steps:
  - wait: {wait}s
  - say:
      chunks: {chunks}
      pace: {pace}
  - wait: 1h
"""


def playbook(size: Size, pace: str) -> str:
    """Return a playbook that waits for its readers and then says a mark for each event."""
    chunks = json.dumps([f"{'x' * _TEXT}~"] * size.events)
    wait = 3 + size.readers // 200
    return _PLAYBOOK.format(events=size.events, wait=wait, chunks=chunks, pace=pace)


class Crowd:
    """Streams that count the marks they receive."""

    def __init__(self, due: int) -> None:
        self.marks = 0
        self.bytes = 0
        self.done = asyncio.Event()
        self._due = due

    def heard(self, _stream: Listener, data: bytes) -> None:
        """Count."""
        if _MARK in data:
            self.marks += data.count(_MARK)
            self.bytes += len(data)
            if self.marks >= self._due:
                self.done.set()


async def deliver(server: Child, request: bytes, size: Size, start: bytes | None) -> tuple[float, float]:
    """Return the server's CPU microseconds and the bytes of each delivery."""
    due = size.readers * size.events
    crowd = Crowd(due)
    streams = await listen(server, request, size.readers, crowd.heard)
    starter: list[Listener] = []
    used = server.cpu_seconds()
    if start is not None:
        _, starting = await asyncio.get_running_loop().create_connection(
            lambda: Listener(start, lambda _stream, _data: None), "127.0.0.1", server.port
        )
        starter.append(starting)
    async with asyncio.timeout(90):
        await crowd.done.wait()
    await asyncio.sleep(0.05)
    used = server.cpu_seconds() - used
    if crowd.marks != due:
        raise AssertionError(f"{crowd.marks} deliveries, {due} were due")
    hang_up(streams)
    for each in starter:
        each.opened.cancel()
        each.transport.abort()
    return used / due * 1e6, crowd.bytes / due


async def _ours(size: Size, pace: str) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.to_thread((Path(folder) / "crowd.yaml").write_text, playbook(size, pace))
        async with mock(f"--playbooks={folder}", "--heartbeat=60") as server:
            made = await one(server, post(TASKS, b'{"message": "playbook: crowd"}'), 201)
            request = get(f"{TASKS}/{json.loads(made)['data']['id']}/stream")
            return await deliver(server, request, size, None)


async def _bare(size: Size, length: int) -> float:
    async with floor("crowd", str(length), str(size.events), str(_PAUSE)) as server:
        return (await deliver(server, get("/"), size, get("/start")))[0]


async def fan_out(size: Size) -> list[Row]:
    """Measure paced events, one write each, and events at full speed."""
    sides: tuple[list[float], list[float], list[float]] = ([], [], [])
    for _ in range(min(size.rounds, 3)):
        paced, length = await _ours(size, f"{_PAUSE * 1000:g}ms")
        sides[1].append(paced)
        sides[0].append(await _bare(size, round(length)))
        sides[2].append((await _ours(size, "0s"))[0])
    what = f"fan-out to {size.readers:,}"
    return [
        Row(
            what=f"{what}, CPU per delivery",
            unit="us",
            floor=sides[0],
            ours=sides[1],
            milestone=Bound(most=1.5),
            goal=Bound(most=1.2),
        ),
        Row(
            what=f"{what}, unpaced",
            unit="us",
            floor=sides[0],
            ours=sides[2],
            goal=Bound(most=0.25),
            note="the goal is for ten events a flush",
        ),
    ]
