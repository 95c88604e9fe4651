"""Rows of the developer's journal: a request with it, and memory when it is full. Floor: a server without.

The row counts entries, so that a journal that records nothing cannot look cheap.
"""

import json

from tools.bench.calls import finished
from tools.bench.children import Child, mock
from tools.bench.figures import Bound, Row
from tools.bench.plan import Size
from tools.bench.wire import TASKS, get, many, one

ENTRIES = 5000


async def held(server: Child) -> dict[str, int]:
    """Return how many entries the journal contains and has dropped."""
    head = f"Host: localhost\r\nAuthorization: Bearer {server.token}\r\n\r\n"
    count = f"GET /__mock/v1/journal/count HTTP/1.1\r\n{head}".encode()
    counted: dict[str, int] = json.loads(await one(server, count))
    return counted


async def journal(size: Size) -> list[Row]:
    """Measure a server with a full journal and one without alternately; then the memory of the full one."""
    used: tuple[list[float], list[float]] = ([], [])
    async with mock() as off, mock(f"--journal={ENTRIES}") as on:
        requests = {server: get(f"{TASKS}/{await finished(server)}") for server in (off, on)}
        await many(off, requests[off], size.requests)
        await many(on, requests[on], 2 * ENTRIES)
        for number in range(size.rounds):
            for index, server in ((0, off), (1, on)) if number % 2 else ((1, on), (0, off)):
                _, rate = await many(server, requests[server], size.requests)
                used[index].append(1e6 / rate)
        full, before, more = on.memory(), await held(on), 25 * size.requests
        await many(on, requests[on], more)
        grown, after = on.memory() - full, await held(on)
    if after["held"] != ENTRIES or after["dropped"] <= before["dropped"]:
        raise AssertionError(f"{before}, and after {more:,} requests {after}")
    return [
        Row(
            what="get_task with a journal, CPU", unit="us", floor=used[0], ours=used[1], goal=Bound(most=1.15)
        ),
        Row(
            what=f"a full journal after {more:,} requests: growth",
            unit="MB",
            ours=[grown / 1e6],
            goal=Bound(most=16),
        ),
    ]
