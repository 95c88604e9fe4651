"""Wrong passwords: how many per minute, per which user, and that each counts for its whole minute."""

import pytest

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.service.sign_in_tries import (
    MOST_BY_ADDRESS,
    MOST_BY_NAME,
    MOST_COUNTS,
    MOST_HERE,
    SECONDS,
    SignInTries,
)
from tests.fakes.clock import SteppedClock


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def tries(clock: SteppedClock) -> SignInTries:
    return SignInTries(clock)


def wrong(tries: SignInTries, name: str, address: str = "here") -> str | None:
    """Try a wrong password; return how many seconds to wait, None if the try was permitted."""
    try:
        tries.check(name, address)
    except ApiError as refusal:
        return refusal.headers["Retry-After"] if refusal.code is ErrorCode.RATE_LIMITED else refusal.message
    tries.count(name, address)
    return None


async def test_a_name_is_tried_five_times_a_minute_from_one_address(
    tries: SignInTries, clock: SteppedClock
) -> None:
    assert [wrong(tries, "eve") for _ in range(MOST_HERE)] == [None] * MOST_HERE
    await clock.advance(20)

    assert wrong(tries, "eve") == "40"
    assert wrong(tries, "eve", "elsewhere") is None
    assert wrong(tries, "ada") is None
    await clock.advance(SECONDS - 20)
    assert wrong(tries, "eve") is None


def test_the_right_password_ends_the_count_of_its_name_at_its_address(tries: SignInTries) -> None:
    for _ in range(MOST_HERE):
        wrong(tries, "eve")

    tries.clear("eve", "here")

    assert wrong(tries, "eve") is None


def test_many_addresses_guess_no_faster(tries: SignInTries) -> None:
    taken = [wrong(tries, "eve", f"address {number}") for number in range(MOST_BY_NAME * 2)]

    assert taken.count(None) == MOST_BY_NAME


def test_one_address_tries_few_names_and_pushes_none_out(tries: SignInTries) -> None:
    for _ in range(MOST_HERE):
        wrong(tries, "eve")

    taken = [wrong(tries, f"name {number}") for number in range(MOST_COUNTS)]

    assert taken.count(None) == MOST_BY_ADDRESS - MOST_HERE
    assert wrong(tries, "eve") is not None


async def test_a_full_table_refuses_rather_than_forgets_and_is_empty_after_a_minute(
    tries: SignInTries, clock: SteppedClock
) -> None:
    taken = [wrong(tries, f"name {number}", f"address {number}") for number in range(MOST_COUNTS)]

    assert 0 < taken.count(None) <= MOST_COUNTS // 3
    assert set(taken[taken.count(None) :]) == {"60"}
    await clock.advance(SECONDS)
    assert wrong(tries, "eve") is None
