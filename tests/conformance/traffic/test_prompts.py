"""Attempts: if a turn was too quick for its readers, the prompt is repeated and takes longer."""

import pytest

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import HeldBack, Missed
from sigmic_conformance.traffic.prompts import attempts, shell
from tests.conformance.driver import driver_of


@pytest.fixture
def driver() -> Driver:
    return driver_of("http://127.0.0.1:9")


async def test_each_further_attempt_begins_more_slowly(driver):
    asked = []

    async def attempt(number: int) -> str | None:
        asked.append(shell("one", "two").splitlines())
        return "reached" if number == 3 else None

    assert await attempts(driver, "something", attempt) == "reached"
    assert driver.facts["attempts: something"] == 3
    assert [first for first, _ in asked] == [
        "Run exactly this shell command: `one`",
        "Run exactly this shell command: `sleep 2; one`",
        "Run exactly this shell command: `sleep 4; one`",
    ]
    assert {second for _, second in asked} == {"Then run exactly this shell command: `two`"}
    assert shell("after") == "Run exactly this shell command: `after`"


async def test_a_broken_attempt_leaves_no_pause_behind(driver):
    async def attempt(number: int) -> None:
        if number == 2:
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await attempts(driver, "something", attempt)
    assert shell("after") == "Run exactly this shell command: `after`"


async def test_a_state_not_reached_in_all_attempts_is_missed(driver):
    async def attempt(_: int) -> None:
        return None

    with pytest.raises(Missed, match="2 attempts"):
        await attempts(driver, "something", attempt, most=2)


async def test_a_delayed_stream_is_not_the_agents_fault(driver):
    async def attempt(_: int) -> None:
        driver.held_back = True

    with pytest.raises(HeldBack, match="nothing of the task's stream came"):
        await attempts(driver, "something", attempt)

    other = driver_of(driver.profile.base_url, conduct=driver.conduct)
    driver.conduct.closing.opened(held_back=True)

    async def in_vain(_: int) -> None:
        return None

    with pytest.raises(HeldBack, match="streams of this run are delayed"):
        await attempts(other, "something", in_vain)
