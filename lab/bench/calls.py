"""Rows of single calls: `get_task`, durable creation, and the time to the first words of an answer.

Floor: a bare aiohttp handler with the same bytes as answer. `CPU` counts requests per second of the server's
own processor time; on a busy machine it is more reliable than the clock.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lab.bench.children import AUTHORIZED, Child, floor, mock
from lab.bench.figures import Bound, Row
from lab.bench.plan import Size
from lab.bench.wire import TASKS, get, many, one, post
from sigmic_mock.service.running_turn import START_GRACE_SECONDS

QUESTION = post(TASKS, b'{"message": "What is 2+2?"}')
_SIMPLE = 20
_BURSTS = 10
"""A burst of creations is this fraction of a row's requests: answered before the first turn starts."""
_LOOK, _IDLE = 0.2, 0.02
"""Seconds between two polls, and the share of a core below which a server counts as idle."""
_ANSWERED = "until the answers are out; each run exists, and waits a second for a reader before its turn"
_WITH_TURN = "the above, and after it the plan, a second commit, two statuses, a thought and the wait"


@asynccontextmanager
async def answering(body: bytes, status: int = 200) -> AsyncIterator[Child]:
    """Run the bare handler that answers with these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "body"
        await asyncio.to_thread(file.write_bytes, body)
        async with floor("answer", str(file), str(status)) as child:
            yield child


async def finished(server: Child) -> str:
    """Create a simple task; return its id after it is completed."""
    task_id = str(json.loads(await one(server, QUESTION, 201))["data"]["id"])
    await until(server, task_id, b"event: done")
    return task_id


async def turns(
    sides: tuple[Child, Child], request: bytes, size: Size, *, count: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Measure floor and ours alternately; return the rates of each, by the clock and by CPU."""
    rates: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for side in sides:
        await many(side, request, count // 4)
    for number in range(size.rounds):
        for index in (0, 1) if number % 2 else (1, 0):
            rates[index].append(await many(sides[index], request, count))
    return rates


def rate_rows(
    what: str,
    rates: tuple[list[tuple[float, float]], list[tuple[float, float]]],
    milestone: Bound,
    goal: Bound,
) -> list[Row]:
    """Return the row by the clock and the one by processor time."""
    return [
        Row(
            what=f"{what}, {how}",
            unit=unit,
            floor=[rate[index] for rate in rates[0]],
            ours=[rate[index] for rate in rates[1]],
            milestone=milestone,
            goal=goal,
        )
        for index, (how, unit) in enumerate((("by the clock", "/s"), ("by CPU", "/CPU s")))
    ]


async def get_task(size: Size) -> list[Row]:
    """Measure `get_task` of a finished task."""
    async with mock() as ours:
        request = get(f"{TASKS}/{await finished(ours)}")
        async with answering(await one(ours, request)) as bare:
            rates = await turns((bare, ours), request, size, count=size.requests)
    return rate_rows("get_task", rates, Bound(least=0.5), Bound(least=0.7))


async def create_task(size: Size) -> list[Row]:
    """Measure creation, saved to disk before the answer, without and with the turn that follows each."""
    request = post(TASKS, b'{"message": "Wait 24 hours."}')
    floors: list[tuple[float, float]] = []
    created: list[Creation] = []
    async with mock() as ours, answering(await one(ours, request, 201), 201) as bare:
        for number in range(size.rounds + 1):
            for side in (bare, ours) if number % 2 else (ours, bare):
                if side is ours:
                    created.append(await creation(ours, request, size.requests // _BURSTS))
                else:
                    floors.append(await many(bare, request, size.requests // _BURSTS, status=201))
    rates = (floors[1:], [(each.rate, each.answered) for each in created[1:]])  # the first was the warm-up
    milestone, goal = Bound(least=0.3), Bound(least=0.45)
    by_clock, by_cpu = rate_rows("create_task, durable", rates, milestone, goal)
    with_turn = Row(
        what="create_task and the start of the turn, by CPU",
        unit="/CPU s",
        floor=by_cpu.floor,
        ours=[each.begun for each in created[1:]],
        note=_WITH_TURN,
    )
    rows = [replace(by_clock, note=_ANSWERED), replace(by_cpu, note=_ANSWERED), with_turn]
    return [*rows, await first_content(size)]


@dataclass(frozen=True, slots=True)
class Creation:
    """Rates of a burst of creations: per second by the clock, and per second of the server's processor time.

    `answered` counts processor time until the last answer, `begun` also that of the turns until their wait.
    If a burst takes longer than a run waits for its first reader, `answered` includes turns too.
    """

    rate: float
    answered: float
    begun: float


async def creation(server: Child, request: bytes, count: int) -> Creation:
    """Create `count` tasks at the same time and let their turns start; return the rates per second."""
    before = server.cpu_seconds()
    rate, answered = await many(server, request, count, status=201)
    await at_rest(server)
    return Creation(rate, answered, count / (server.cpu_seconds() - before))


async def at_rest(server: Child) -> None:
    """Wait until the turns of tasks without readers have started, and then only wait for time to pass."""
    await asyncio.sleep(START_GRACE_SECONDS)
    before = server.cpu_seconds()
    async with asyncio.timeout(60):
        while True:
            await asyncio.sleep(_LOOK)
            used, before = server.cpu_seconds() - before, server.cpu_seconds()
            if used < _IDLE * _LOOK:
                return


async def first_content(size: Size) -> Row:
    """Measure from sending the creation to the first `content` event of the stream, one task at a time."""
    taken: list[float] = []
    async with mock() as ours:
        for _ in range(max(_SIMPLE, size.rounds)):
            start = time.perf_counter()
            task_id = json.loads(await one(ours, QUESTION, 201))["data"]["id"]
            await until(ours, task_id, b"event: content")
            taken.append((time.perf_counter() - start) * 1000)
    return Row(
        what="create to first content",
        unit="ms",
        ours=taken,
        milestone=Bound(most=15),
        goal=Bound(most=8),
    )


async def until(server: Child, task_id: str, piece: bytes) -> bytes:
    """Open a task's stream; return the bytes up to `piece`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 26)
    try:
        writer.write(f"GET {TASKS}/{task_id}/stream HTTP/1.1\r\nHost: localhost\r\n{AUTHORIZED}\r\n".encode())
        heard = b""
        async with asyncio.timeout(60):
            while piece not in heard[-(1 << 17) :]:
                more = await reader.read(1 << 16)
                if not more:
                    raise AssertionError(f"the stream ended without {piece!r}: {heard[-200:]!r}")
                heard += more
        return heard
    finally:
        writer.close()
