"""The tasks in memory: one instance per task, bounded, and found again."""

import asyncio
import gc

from sigmic_mock.service.task_cache import TaskCache
from tests.fakes.house import ALICE, House


def cache_of(house: House, **limits: int) -> TaskCache:
    return TaskCache(house.store, house.clock, house.timelines, **limits)


async def test_a_task_is_in_memory_once_however_many_ask_at_once(house: House) -> None:
    task_id = await house.finish()
    cache = cache_of(house)

    found = await asyncio.gather(*(cache.find(task_id) for _ in range(20)))

    assert len({id(each) for each in found}) == 1


async def test_a_task_in_use_is_not_loaded_a_second_time(house: House) -> None:
    first, second = await house.finish(), await house.finish()
    cache = cache_of(house, most=1)
    held = await cache.find(first)
    await cache.find(second)

    assert await cache.find(first) is held


async def test_an_unused_task_is_unloaded_and_loaded_again_with_its_history(house: House) -> None:
    first, second = await house.finish("one"), await house.finish("two")
    cache = cache_of(house, most=1)
    await cache.find(first)
    await cache.find(second)
    gc.collect()
    assert list(cache._held) == [second]

    found = await cache.visible(ALICE, first)
    assert found.event_log.replay().count(b"event: history_message") == 2


async def test_long_histories_are_bounded_by_bytes(house: House) -> None:
    long = [await house.finish("x" * 10_000) for _ in range(5)]
    cache = cache_of(house, most_bytes=25_000)
    for task_id in long:
        await cache.find(task_id)
    gc.collect()

    assert len(cache._held) == 2
    assert cache._bytes <= 25_000
