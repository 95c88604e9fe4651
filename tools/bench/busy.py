"""Row of heartbeats while uploads, an unzip and a fan-out run. Floor: the same streams just before, without.

The beat of a stream is that of its earliest heartbeat in both phases. The client shares the processors with
the server and with all that noise: its own lag is reported with the row, and is in the figures.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.bench.children import Child, mock
from tools.bench.fan_out import playbook
from tools.bench.figures import Bound, Row, quantile
from tools.bench.idle_streams import Arrivals, beats_into, lateness, waiting_task
from tools.bench.own_lag import own_lag
from tools.bench.plan import Size
from tools.bench.unzip import pack
from tools.bench.wire import TASKS, hang_up, listen, one, post

_STREAMS = 1000
_PERIOD = 2.0
_QUIET_PERIODS = 4
_PAUSE = 0.03
_ENDING_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class _Late:
    """p99 lag of heartbeats and of this process itself, in milliseconds."""

    quiet: float
    busy: float
    own_quiet: float
    own_busy: float
    seconds: float
    """Duration of the noise."""


@asynccontextmanager
async def _noise(server: Child, *kind: str) -> AsyncIterator[asyncio.subprocess.Process]:
    name, *more = kind
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.bench.noise", name, str(server.port), *more
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _make_noise(server: Child, size: Size, packed: Path) -> None:
    made = await one(server, post(TASKS, b'{"message": "playbook: crowd"}'), 201)
    path = f"{TASKS}/{json.loads(made)['data']['id']}/stream"
    marks = str(size.readers * size.events)
    async with (
        _noise(server, "crowd", path, str(size.readers), marks) as crowd,
        _noise(server, "uploads", str(size.uploads)) as uploads,
        _noise(server, "archive", str(packed)) as archive,
        asyncio.timeout(_ENDING_SECONDS),
    ):
        codes = [await each.wait() for each in (crowd, uploads, archive)]
    if any(codes):
        raise AssertionError(f"the noise ended with {codes}")


async def _late(size: Size, folder: Path) -> _Late:
    packed = folder / "packed.zip"
    await asyncio.to_thread(pack, packed, 1, size.zipped * 30_000 >> 20 << 20)
    playbooks = folder / "playbooks"
    await asyncio.to_thread(playbooks.mkdir)
    await asyncio.to_thread((playbooks / "crowd.yaml").write_text, playbook(size, f"{_PAUSE * 1000:g}ms"))
    arrivals: Arrivals = {}

    async with mock(f"--playbooks={playbooks}", f"--heartbeat={_PERIOD:g}") as server:
        streams = await listen(server, await waiting_task(server), _STREAMS, beats_into(arrivals))
        await asyncio.sleep(_PERIOD)
        arrivals.clear()
        with own_lag() as own_quiet:
            await asyncio.sleep(_QUIET_PERIODS * _PERIOD)
        began = time.perf_counter()
        with own_lag() as own_busy:
            await _make_noise(server, size, packed)
        ended = time.perf_counter()
        await asyncio.sleep(_PERIOD)  # late heartbeats may still arrive
        hang_up(streams)
    return _Late(
        *split(list(arrivals.values()), began, ended, _STREAMS),
        quantile(own_quiet, 0.99),
        quantile(own_busy, 0.99),
        ended - began,
    )


def split(beats: list[list[float]], began: float, ended: float, streams: int) -> tuple[float, float]:
    """Return p99 of the lateness, in milliseconds, before `began` and from then on.

    Raises `AssertionError` if a stream, or one of its heartbeats, is missing.
    """
    if len(beats) != streams:
        raise AssertionError(f"{len(beats)} of {streams} streams were sent heartbeats")
    due = int((ended - began) / _PERIOD) + _QUIET_PERIODS - 1
    if any(len(each) < due for each in beats):
        raise AssertionError(f"a stream got {min(map(len, beats))} heartbeats, {due} were due")
    quiet: list[float] = []
    busy: list[float] = []
    for each in beats:
        for at, late in zip(each, lateness(each, _PERIOD), strict=True):
            (quiet if at < began else busy).append(late * 1000)
    return quantile(quiet, 0.99), quantile(busy, 0.99)


async def busy(size: Size) -> list[Row]:
    """Read the streams before and during the noise."""
    found: list[_Late] = []
    for _ in range(min(size.rounds, 2)):
        with tempfile.TemporaryDirectory() as name:
            found.append(await _late(size, Path(name)))
    own = (
        f"{max(it.own_quiet for it in found):.1f} ms without, {max(it.own_busy for it in found):.1f} ms with"
    )
    noise = (
        f"{size.uploads} x 50 MiB, an unzip of {size.zipped * 30_000 / 1e6:.0f} MB, {size.readers:,} readers"
    )
    return [
        Row(
            what="heartbeats during other work: lateness p99",
            unit="ms",
            floor=[it.quiet for it in found],
            ours=[it.busy for it in found],
            by_ratio=False,
            milestone=Bound(most=25),
            goal=Bound(most=10),
            note=f"{noise}, for {found[-1].seconds:.0f} s; the client's own lag p99: {own}",
        )
    ]
