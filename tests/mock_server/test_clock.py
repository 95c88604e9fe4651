"""Tests of real time."""

import asyncio
import time

from mock_server.clock import RealClock


async def test_real_time_is_the_machines() -> None:
    clock = RealClock()
    before = time.time_ns() // 1_000_000
    assert before <= clock.now() <= time.time_ns() // 1_000_000
    start = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - start >= 0.009


async def test_a_call_comes_once_unless_it_is_cancelled() -> None:
    clock = RealClock()
    came = asyncio.Event()
    missed = []
    clock.call_later(0.01, lambda: missed.append("cancelled")).cancel()
    clock.call_later(0.02, came.set)
    async with asyncio.timeout(5):
        await came.wait()

    assert missed == []
