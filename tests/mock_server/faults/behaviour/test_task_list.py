"""Tests of lists whose pages overlap, end elsewhere, or show other tasks than the caller's."""

from dataclasses import replace

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE, MALLORY


@pytest.fixture
async def three(house: FaultyHouse) -> list[str]:
    """Return three tasks, the newest first, a second apart."""
    made = []
    for _ in range(3):
        made.append(await house.create())
        await house.clock.advance(0.001)
    return made[::-1]


async def listed(house: FaultyHouse, limit: int = 50, offset: int = 0, by=ALICE) -> list[str]:
    return [row.task.id for row in (await house.tasks.list(by, limit, offset)).items]


async def test_with_nothing_armed_pages_are_those_of_the_store(house: FaultyHouse, three: list[str]) -> None:
    assert await listed(house) == three
    assert await listed(house, 2, 1) == three[1:]
    with pytest.raises(ApiError):
        await listed(house, 101)


async def test_a_page_begins_one_task_early_and_the_first_one_cannot(
    house: FaultyHouse, three: list[str]
) -> None:
    armed = house.arm("list.overlaps")

    assert (await listed(house, 2), armed.fired) == (three[:2], 0)
    assert (await listed(house, 2, 1), armed.fired) == (three[:2], 1)


async def test_only_the_tasks_of_the_very_key_are_listed(house: FaultyHouse, three: list[str]) -> None:
    other_key = replace(ALICE, api_key_id="other")
    mine = await house.create(by=other_key)
    house.arm("list.scope-alternates", every=1)

    page = await house.tasks.list(other_key)

    assert ([row.task.id for row in page.items], page.total) == ([mine], 1)


async def test_the_tasks_of_every_project_are_listed_in_the_order_of_a_list(
    house: FaultyHouse, three: list[str]
) -> None:
    theirs = await house.create(by=MALLORY)
    house.arm("isolation.list-shows-others", project="elsewhere")

    page = await house.tasks.list(MALLORY, 2, 1)

    assert ([row.task.id for row in page.items], page.total, page.has_more) == (three[:2], 4, True)
    assert (await listed(house, by=MALLORY))[0] == theirs
    assert await listed(house) == three


@pytest.mark.parametrize(("offset", "times"), [(0, 0), (1, 1), (4, 0)], ids=["their own", "others", "beyond"])
async def test_a_page_without_anybody_elses_task_is_as_it_was(
    house: FaultyHouse, three: list[str], offset: int, times: int
) -> None:
    await house.create(by=MALLORY)
    armed = house.arm("isolation.list-shows-others", project="elsewhere")

    page = await house.tasks.list(MALLORY, 1, offset)

    assert (page.total, armed.fired) == (4 if times else 1, times)


async def test_a_page_above_the_longest_is_filled_up(house: FaultyHouse, three: list[str]) -> None:
    armed = house.arm("list.takes-long-page")

    assert len(await listed(house, 100)) == 3
    assert armed.fired == 0
    assert len(await listed(house, 101)) == 101
