"""A cancelled request waits for its thread before its files are changed."""

import asyncio
import threading

import pytest

from sigmic_mock.storage.file_work import StopSignal, in_thread, to_the_end


async def test_cancelling_stops_the_work_and_waits_for_it():
    loop = asyncio.get_running_loop()
    started, ended = asyncio.Event(), []

    def work(stop: StopSignal) -> None:
        loop.call_soon_threadsafe(started.set)
        try:
            while True:
                stop.check()
        finally:
            ended.append(True)

    task = asyncio.create_task(in_thread(work))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_cleaning_up_is_finished_however_often_it_is_cancelled():
    loop = asyncio.get_running_loop()
    started, go_on, ended = asyncio.Event(), threading.Event(), []

    def work() -> None:
        loop.call_soon_threadsafe(started.set)
        go_on.wait(10)
        ended.append(True)

    task = asyncio.create_task(to_the_end(work))
    await started.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]
