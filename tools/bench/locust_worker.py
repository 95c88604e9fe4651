"""Row of one Locust process with very many streams: its own lag. Floor: an asyncio client."""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from sigmic_conformance.mock_server.config import defaults
from tools.bench.children import Child, mock
from tools.bench.figures import Bound, Row, quantile
from tools.bench.idle_streams import waiting_task
from tools.bench.own_lag import own_lag
from tools.bench.plan import Size
from tools.bench.wire import Listener, hang_up, listen

_EACH = 100
"""Streams of one `StreamUser`, as the workload file says."""
_PERIOD = 15.0
_SECONDS = 60
"""Seconds of holding the streams, after about the same time for opening them."""
_ENDING_SECONDS = 180.0


def _unheard(_stream: Listener, _data: bytes) -> None:
    return


async def _asyncio_lag(server: Child, count: int) -> float:
    streams = await listen(server, await waiting_task(server), count, _unheard)
    with own_lag() as found:
        await asyncio.sleep(2 * _PERIOD)
    hang_up(streams)
    return quantile(found, 0.99)


async def _locust_lag(server: Child, count: int) -> tuple[float, float]:
    """Return p99 of its own lag, and of the heartbeats' lateness corrected by that lag, in milliseconds."""
    users, opening = count // _EACH, count // 150
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "locust", "-f", "load/locustfile.py", "--headless", "--only-summary", "StreamUser"),
            *("--host", f"http://127.0.0.1:{server.port}", "--load-report", folder),
            *("-u", str(users), "-r", "2", "-t", f"{opening + _SECONDS}s", "--stop-timeout", "30"),
            env={**os.environ, "SIGMIC_API_KEY": defaults.API_KEY},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(opening + _SECONDS + _ENDING_SECONDS):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        told = json.loads(await asyncio.to_thread((Path(folder) / "load.json").read_text))
    opened = max(second["streams"] for second in told["timeline"])
    if opened < count:
        raise AssertionError(f"{opened} streams were open at once, {count} were due")
    lags = told["distributions"]
    return lags["client_lag"]["p99"] * 1000, lags["heartbeat_lateness_corrected"]["p99"] * 1000


async def locust_worker(size: Size) -> list[Row]:
    """Hold the same number of streams with each, first with the floor."""
    async with mock() as server:
        floor = await _asyncio_lag(server, size.streams)
    async with mock() as server:
        lag, lateness = await _locust_lag(server, size.streams)
    return [
        Row(
            what=f"one Locust process, {size.streams:,} streams: its own lag p99",
            unit="ms",
            floor=[floor],
            ours=[lag],
            by_ratio=False,
            milestone=Bound(most=35),
            goal=Bound(most=10),
            note=f"opening included; heartbeats' lateness, corrected by the lag, p99 {lateness:.1f} ms",
        )
    ]
