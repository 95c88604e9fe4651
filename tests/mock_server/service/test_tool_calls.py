"""Calls at the same time: results in order, the first failure, and the clock's count of what is busy."""

import asyncio

import pytest

from sigmic_conformance.mock_server.runtime.clock.clocks import Clocks
from sigmic_conformance.mock_server.runtime.clock.mode import MANUAL
from sigmic_conformance.mock_server.service.tool_calls import run_concurrently


async def test_each_piece_counts_until_it_is_done_and_results_keep_their_order() -> None:
    clocks = Clocks(MANUAL)
    clock = clocks.of("p")
    first, second = asyncio.Event(), asyncio.Event()

    async def until(event: asyncio.Event, result: str) -> str:
        with clock.waiting():
            await event.wait()
        return result

    async def work() -> list[str]:
        with clock.working():
            return await run_concurrently(clock, [until(first, "a"), until(second, "b")])

    running = asyncio.create_task(work())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert clock.activity.busy == 0  # both wait: never below

    second.set()
    await asyncio.sleep(0)
    first.set()

    assert await running == ["a", "b"]
    assert clock.activity.busy == 0
    clocks.close()


async def test_the_first_failure_is_raised_as_it_is() -> None:
    clocks = Clocks(MANUAL)

    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await run_concurrently(clocks.of("p"), [fail(), asyncio.sleep(3600)])

    assert clocks.of("p").activity.busy == 0
    clocks.close()
