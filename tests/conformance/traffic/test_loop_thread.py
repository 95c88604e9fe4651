import asyncio
import threading

import pytest

from sigmic_conformance.traffic.loop_thread import LoopThread


def test_a_step_is_run_to_its_end():
    loop = LoopThread("some name")

    async def step() -> str:
        return threading.current_thread().name

    try:
        assert loop.run(step(), 5) == "some name"
    finally:
        loop.close()


def test_a_step_that_times_out_releases_its_resources_before_the_loop_ends():
    loop, let_go = LoopThread("some name"), threading.Event()

    async def step() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # as a connection that is closed in the next turn of the loop does
            let_go.set()

    with pytest.raises(TimeoutError):
        loop.run(step(), 0.05)
    loop.close()

    assert let_go.is_set()
