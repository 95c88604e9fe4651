"""Rows of open streams with heartbeats only. Floor: a raw asyncio protocol with a wheel.

The earliest heartbeat of a stream sets its beat. Lateness is the delay of each heartbeat against that
beat, measured by a client that is itself late on a busy machine: the floor has the same client.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from lab.bench.children import Child, floor, mock
from lab.bench.figures import Bound, Row, quantile
from lab.bench.plan import Size
from lab.bench.wire import TASKS, Listener, get, hang_up, listen, one, post

BEAT = b":heartbeat"
Arrivals = dict[Listener, list[float]]
_BEATS = 4
"""Heartbeat periods that are measured."""
_PERIOD = 15.0


@dataclass(frozen=True, slots=True)
class Held:
    """Cost of a number of open streams, and the lateness of their heartbeats."""

    lateness_p99_ms: float
    bytes_each: float
    cpu_share: float
    """Share of one core, heartbeats included."""
    open_us: float
    """Processor time of the server per opened stream."""


def beats_into(arrivals: Arrivals) -> Callable[[Listener, bytes], None]:
    """Return a callback that adds the time of each heartbeat to those of its stream."""

    def heard(stream: Listener, data: bytes) -> None:
        now = time.perf_counter()
        for _ in range(data.count(BEAT)):
            arrivals.setdefault(stream, []).append(now)

    return heard


def lateness(arrivals: list[float], period: float) -> list[float]:
    """Return how late each heartbeat was against the earliest beat, in seconds."""
    origins = [at - number * period for number, at in enumerate(arrivals)]
    return [origin - min(origins) for origin in origins]


async def hold(server: Child, request: bytes, count: int, period: float) -> Held:
    """Open the streams, measure some periods, close them."""
    arrivals: Arrivals = {}

    memory, used = server.memory(), server.cpu_seconds()
    streams = await listen(server, request, count, beats_into(arrivals))
    open_us = (server.cpu_seconds() - used) / count * 1e6
    await asyncio.sleep(period)
    memory = server.memory() - memory
    arrivals.clear()
    used, start = server.cpu_seconds(), time.perf_counter()
    await asyncio.sleep(_BEATS * period)
    share = (server.cpu_seconds() - used) / (time.perf_counter() - start)
    beats = list(arrivals.values())
    hang_up(streams)
    if len(beats) != count or not all(_BEATS - 1 <= len(each) <= _BEATS + 1 for each in beats):
        counts = sorted({len(each) for each in beats})
        raise AssertionError(
            f"{len(beats)} of {count} streams were sent {counts} heartbeats in {_BEATS} periods"
        )
    late = [one * 1000 for each in beats for one in lateness(each, period)]
    return Held(quantile(late, 0.99), memory / count, share, open_us)


async def waiting_task(server: Child) -> bytes:
    """Return the request for the stream of a task that sends nothing for a day."""
    made = await one(server, post(TASKS, b'{"message": "Wait 24 hours."}'), 201)
    return get(f"{TASKS}/{json.loads(made)['data']['id']}/stream")


async def idle_streams(size: Size) -> list[Row]:
    """Hold many streams of one task, then as many of the floor; heartbeat 2 s, or 15 s in a whole run."""
    is_whole = size.streams >= 10_000
    period, rounds = (_PERIOD, 1) if is_whole else (2.0, min(size.rounds, 2))
    floors: list[Held] = []
    ours: list[Held] = []
    for _ in range(rounds):
        async with floor("wheel", str(period)) as raw:
            floors.append(await hold(raw, get("/"), size.streams, period))
        async with mock(f"--heartbeat={period:g}") as server:
            ours.append(await hold(server, await waiting_task(server), size.streams, period))
    what = f"{size.streams:,} streams, {period:g} s"
    return [
        Row(
            what=f"{what}: lateness p99",
            unit="ms",
            floor=[it.lateness_p99_ms for it in floors],
            ours=[it.lateness_p99_ms for it in ours],
            by_ratio=False,
            goal=Bound(most=5),
        ),
        Row(
            what=f"{what}: memory per stream",
            unit="KB",
            floor=[it.bytes_each / 1000 for it in floors],
            ours=[it.bytes_each / 1000 for it in ours],
            by_ratio=False,
            milestone=Bound(most=11),
            goal=Bound(most=8),
        ),
        Row(
            what=f"{what}: CPU",
            unit="% of a core",
            floor=[it.cpu_share * 100 for it in floors],
            ours=[it.cpu_share * 100 for it in ours],
            by_ratio=False,
            milestone=Bound(most=2.5) if is_whole else None,
        ),
        Row(
            what=f"{what}: CPU to open one",
            unit="us",
            floor=[it.open_us for it in floors],
            ours=[it.open_us for it in ours],
        ),
    ]
