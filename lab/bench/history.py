"""Row of opening a stream with a long history. Floor: the same for a task with one message."""

import tempfile
from pathlib import Path

from lab.bench.calls import until
from lab.bench.children import Child, mock
from lab.bench.figures import Bound, Row
from lab.bench.plan import Size
from lab.bench.seeding import fill, task_id

MESSAGES = 1000
_OPENS = 50


def unchunked(body: bytes) -> bytes:
    """Return the content of a chunked body, complete or not: chunks end anywhere."""
    pieces: list[bytes] = []
    at = 0
    while (end := body.find(b"\r\n", at)) >= 0:
        length = int(body[at:end], 16)
        pieces.append(body[end + 2 : end + 2 + length])
        at = end + 2 + length + 2
    return b"".join(pieces)


async def open_cost(server: Child, task: str, messages: int, opens: int) -> float:
    """Return the server's CPU microseconds per opening of a task's stream, including sending its history."""
    await until(server, task, b"event: history_done")
    used = server.cpu_seconds()
    for _ in range(opens):
        heard = await until(server, task, b"event: history_done")
        body = unchunked(heard.partition(b"\r\n\r\n")[2])
        count = body.count(b"event: history_message") or body.count(b"event: message")
        if count != messages:
            raise AssertionError(f"{count} messages, {messages} were due")
    return (server.cpu_seconds() - used) / opens * 1e6


async def history(size: Size) -> list[Row]:
    """Open both alternately."""
    short: list[float] = []
    long: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        await fill(Path(folder), 1)
        await fill(Path(folder), 1, messages=MESSAGES, first=1)
        async with mock(data=Path(folder)) as server:
            for _ in range(size.rounds):
                short.append(await open_cost(server, task_id(0), 1, _OPENS))
                long.append(await open_cost(server, task_id(1), MESSAGES, _OPENS))
    return [
        Row(
            what=f"open with {MESSAGES:,} messages, CPU",
            unit="us",
            floor=short,
            ours=long,
            milestone=Bound(most=2.0),
            goal=Bound(most=1.5),
            note="floor: the same server and one message",
        )
    ]
