"""A long list is processed in slices, with the same result as in one piece."""

import time

import pytest

from sigmic_mock.http.envelope import Answer
from sigmic_mock.runtime.slices import in_slices
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


@pytest.mark.parametrize(
    "answer",
    [
        Answer(data={"id": "1", "messages": [{"text": f"\u00e9\ud800{number}"} for number in range(500)]}),
        Answer(data={"messages": [{"text": "x"}] * 500}, status=201),
        Answer(data={"messages": [], "x": 1}),
        Answer(data=[1] * 500, beside={"pagination": {"total": 500}}),
        Answer(data={"messages": [1] * 500, "last": {}}),
        Answer(data={}),
        Answer(data=None),
    ],
)
async def test_the_answer_is_the_same(answer):
    assert await answer.encoded_in_slices() == answer.encoded()
