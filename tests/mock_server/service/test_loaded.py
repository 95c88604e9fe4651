"""Tests of the tasks in memory: one instance each, bounded, and found again."""

import asyncio
import gc

from sigmic_conformance.mock_server.service.loaded import LoadedTasks
from tests.fakes.house import ALICE, House


async def test_a_task_is_in_memory_once_however_many_ask_at_once(house: House) -> None:
    task_id = await house.finish()
    tasks = LoadedTasks(house.store)

    found = await asyncio.gather(*(tasks.find(task_id) for _ in range(20)))

    assert len({id(each) for each in found}) == 1


async def test_a_task_that_somebody_holds_is_not_loaded_a_second_time(house: House) -> None:
    first, second = await house.finish(), await house.finish()
    tasks = LoadedTasks(house.store, most=1)
    held = await tasks.find(first)
    await tasks.find(second)

    assert await tasks.find(first) is held


async def test_a_task_that_nobody_holds_is_forgotten_and_found_again_with_its_history(house: House) -> None:
    first, second = await house.finish("one"), await house.finish("two")
    tasks = LoadedTasks(house.store, most=1)
    await tasks.find(first)
    await tasks.find(second)
    gc.collect()
    assert list(tasks._held) == [second]

    found = await tasks.visible(ALICE, first)
    assert found.journal.replay().count(b"event: history_message") == 2


async def test_long_histories_are_bounded_by_bytes(house: House) -> None:
    long = [await house.finish("x" * 10_000) for _ in range(5)]
    tasks = LoadedTasks(house.store, most_bytes=25_000)
    for task_id in long:
        await tasks.find(task_id)
    gc.collect()

    assert len(tasks._held) == 2
    assert tasks._bytes <= 25_000
