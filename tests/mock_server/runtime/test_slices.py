"""A long list is processed in slices, with the same result as in one piece."""

import asyncio
import time
from collections import Counter

import pytest

from sigmic_mock.http.envelope import Answer
from sigmic_mock.runtime.slices import Turns, in_slices
from tests.fakes.loop_turns import another_task


def slow(value: int) -> int:
    end = time.perf_counter() + 0.003
    while time.perf_counter() < end:
        pass
    return value * 2


async def test_others_are_served_between_slices():
    async with another_task() as other:
        made = await in_slices(slow, range(20))

    assert made == list(range(0, 40, 2))
    assert other.served >= 5


async def test_many_long_lists_at_once_delay_others_hardly_more_than_one_does():
    loop, longest = asyncio.get_running_loop(), 0.0

    async def work() -> None:
        await in_slices(slow, range(2))

    at_once = asyncio.gather(*(work() for _ in range(30)))
    while not at_once.done():
        began = loop.time()
        await asyncio.sleep(0)
        longest = max(longest, loop.time() - began)

    assert longest < 30 * 0.003


async def test_each_long_list_gets_a_slice_before_one_gets_a_second():
    now, turns, order = [0.0], Turns(lambda: now[0]), list[str]()

    async def work(name: str) -> None:
        for _ in range(3):
            await turns.take()
            order.append(name)
            now[0] += 1.0

    at_once = [asyncio.ensure_future(work(name)) for name in "abc"]
    await turns.take()
    now[0] += 1.0  # this pass has no time left when they come
    await asyncio.gather(*at_once)

    assert order == list("abcabcabc")


async def test_short_work_of_many_shares_one_pass():
    turns, passes = Turns(lambda: 0.0), Counter[int]()
    number = 0

    async def work() -> None:
        await turns.take()
        passes[number] += 1

    at_once = asyncio.gather(*(work() for _ in range(50)))
    while not at_once.done():
        number += 1
        await asyncio.sleep(0)

    assert passes == {1: 50}


@pytest.mark.parametrize("place", [0, 1])
async def test_who_leaves_the_queue_holds_up_no_other(place: int):
    now, turns = [0.0], Turns(lambda: now[0])
    queue = [asyncio.ensure_future(turns.take()) for _ in range(3)]
    await turns.take()
    now[0] += 1.0
    await asyncio.sleep(0)  # all wait, and the first has been called
    queue[place].cancel()

    await asyncio.wait(queue, timeout=5)

    assert [each.cancelled() for each in queue] == [number == place for number in range(3)]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(data={"id": "1", "messages": [{"text": f"\u00e9\ud800{number}"} for number in range(500)]}),
        Answer(data={"messages": [{"text": "x"}] * 500}, status=201),
        Answer(data={"messages": [], "x": 1}),
        Answer(data=[1] * 500, beside={"pagination": {"total": 500}}),
        Answer(data=[{"text": "[]"}], beside={"pagination": {"pages": []}}),
        Answer(data={"x": [], "messages": ["[]"]}),
        Answer(data=[]),
        Answer(data={"messages": [1] * 500, "last": {}}),
        Answer(data={}),
        Answer(data=None),
    ],
)
async def test_the_answer_is_the_same(answer):
    assert await answer.encoded_in_slices() == answer.encoded()
