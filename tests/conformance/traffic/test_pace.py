"""Requests follow the configured rate, and a slower one while the target throttles."""

import asyncio
import time

from sigmic_conformance.traffic.closing import CLOSE_SECONDS, LATE, RESIGNED_SECONDS, Closing
from sigmic_conformance.traffic.pace import FIRST_GAP, Pace


def moments(pace: Pace, count: int) -> list[float]:
    return [round(pace.moment(), 3) for _ in range(count)]


def test_requests_wait_for_their_moment_under_a_rate_and_without_one_for_none():
    assert moments(Pace(10, now=lambda: 5.0), 3) == [0.0, 0.1, 0.2]
    assert moments(Pace(now=lambda: 5.0), 3) == [0.0, 0.0, 0.0]


def test_after_a_rate_limit_all_requests_wait_and_then_continue_more_slowly():
    pace = Pace(now=lambda: 5.0)
    pace.throttled(2.0)

    assert moments(pace, 2) == [2.0, round(2.0 + FIRST_GAP, 3)]


async def test_a_request_that_waits_for_its_moment_also_keeps_a_pause_that_is_asked_for_later():
    pace = Pace(20)
    await pace.turn()
    waiting = asyncio.create_task(pace.turn())
    await asyncio.sleep(0)
    began = time.monotonic()
    pace.throttled(0.3)
    await waiting

    assert time.monotonic() - began >= 0.3


def test_the_pace_that_was_asked_for_comes_back():
    for rate, gap in ((None, 0.0), (10, 0.1)):
        pace = Pace(rate, now=lambda: 5.0)
        for _ in range(3):
            pace.throttled(0.0)
        for _ in range(200):
            pace.let_through()
        assert moments(pace, 2) == [0.0, gap]


def test_a_reader_hardly_waits_any_more_where_one_stream_after_another_stays_open():
    closing = Closing()
    for _ in range(LATE - 1):
        closing.seen(closed=False)
    assert closing.seconds == CLOSE_SECONDS
    closing.seen(closed=False)
    assert closing.seconds == RESIGNED_SECONDS
    closing.seen(closed=True)
    assert closing.seconds == CLOSE_SECONDS
