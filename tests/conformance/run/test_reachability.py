"""A target that can no longer be tested is reported, and later exchanges do not count as failures."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sigmic_conformance.run.preflight import WITH_KEY, Preflight
from sigmic_conformance.run.reachability import (
    ENOUGH,
    MOST_ABSENCES,
    ReachabilityMonitor,
    Sign,
    sign_of,
)
from sigmic_conformance.wire.transcript import Closed, Ending, Exchange, Transcript
from tests.conformance.kit import SECOND, exchange

FINE = exchange(ended=3.0)
REFUSED = exchange(status=None, closed=Closed.REFUSED, ended=5.0)
REJECTED = exchange(status=401, ended=5.0)
THROTTLED = exchange(status=429, headers=(("Retry-After", "3600"),), ended=5.0)
UNANSWERED = exchange(status=None, closed=Closed.DEADLINE, ended=5.0)
BAD_GATEWAY = exchange(status=502, ended=5.0)


async def no_time() -> None:
    """Pass no time, and let other tasks run."""
    await asyncio.sleep(0)


def monitor(ask, on_away=lambda: None, *, patience: float = 0.0) -> ReachabilityMonitor:
    return ReachabilityMonitor(ask, on_away, pause=no_time, patience=lambda: patience, now=lambda: 9 * SECOND)


async def watched(signs: Sequence[Sign], *seen: Exchange, patience: float = 0.0) -> ReachabilityMonitor:
    """Return the monitor after these exchanges. Reachability checks return `signs`, then repeat the last."""
    left, called = list(signs), asyncio.Event()

    async def ask() -> Sign:
        return left.pop(0) if len(left) > 1 else left[0]

    reachability = monitor(ask, called.set, patience=patience)
    for each in seen:
        reachability.see(each)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait_for(asyncio.gather(*others), 5)
    assert not reachability.in_doubt
    assert called.is_set() is (reachability.times_away > 0)
    return reachability


@pytest.mark.parametrize(
    ("signs", "seen"),
    [
        ([Sign.REFUSED], REFUSED),
        ([Sign.REFUSED], exchange(status=None, closed=Closed.RESET)),
        ([Sign.REFUSED], exchange(closed=Closed.TRUNCATED)),
        ([Sign.ABSENT], BAD_GATEWAY),
        ([*[Sign.ABSENT] * (ENOUGH[Sign.ABSENT] - 2), Sign.REFUSED], BAD_GATEWAY),
        ([Sign.SILENT], UNANSWERED),
        ([Sign.FAILING], exchange(status=500, ended=5.0)),
        ([Sign.REJECTED], REJECTED),
        ([Sign.THROTTLED], THROTTLED),
    ],
)
async def test_a_target_that_stops_answering_is_gone(signs, seen):
    found = await watched(signs, FINE, seen)

    assert found.gone is not None
    assert found.gone.last_answer == 3 * SECOND


@pytest.mark.parametrize(
    ("signs", "seen"),
    [
        ([Sign.THERE], REFUSED),
        ([Sign.REFUSED, Sign.THERE], REFUSED),
        ([*[Sign.ABSENT] * (ENOUGH[Sign.ABSENT] - 1), Sign.THERE], BAD_GATEWAY),
        ([Sign.REFUSED], FINE),
        ([*[Sign.FAILING] * (ENOUGH[Sign.FAILING] - 1), Sign.THERE], exchange(status=500)),
        ([Sign.REJECTED, Sign.THERE], REJECTED),
        ([Sign.REJECTED], replace(exchange(status=401), role="stranger")),
        ([Sign.THROTTLED], exchange(status=429, headers=(("Retry-After", "7"),))),
        ([Sign.THERE], UNANSWERED),
        ([*[Sign.SILENT] * (ENOUGH[Sign.SILENT] - 1), Sign.THERE], UNANSWERED),
    ],
)
async def test_a_target_that_answers_again_or_never_broke_is_not_gone(signs, seen):
    assert (await watched(signs, seen)).gone is None


@pytest.mark.parametrize(
    ("answer", "sign"),
    [
        (FINE, Sign.THERE),
        (exchange(status=404), Sign.THERE),
        (REFUSED, Sign.REFUSED),
        (UNANSWERED, Sign.SILENT),
        (replace(REFUSED, error="no connection in time"), Sign.SILENT),
        (BAD_GATEWAY, Sign.ABSENT),
        (exchange(status=500), Sign.FAILING),
        (REJECTED, Sign.REJECTED),
        (THROTTLED, Sign.THROTTLED),
        (exchange(status=429), Sign.THERE),
    ],
)
def test_each_answer_is_classified_as_a_sign_of_the_target(answer, sign):
    assert sign_of(answer) is sign


async def test_a_target_that_fails_as_before_the_run_is_not_lost():
    async def ask() -> Sign:
        return Sign.FAILING

    reachability = monitor(ask)
    reachability.usual = Preflight(None, (exchange(label=WITH_KEY, status=500),)).sign
    reachability.see(exchange(status=500))
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait_for(asyncio.gather(*others), 5)

    assert reachability.gone is None


async def test_a_slow_target_that_answers_another_request_during_the_check_is_there():
    async def ask() -> Sign:
        reachability.see(exchange(ended=30.0))
        return Sign.SILENT

    reachability = monitor(ask)
    reachability.see(UNANSWERED)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait_for(asyncio.gather(*others), 5)

    assert reachability.gone is None


async def test_exchanges_after_the_last_answer_of_a_lost_target_are_not_judged():
    found = await watched([Sign.REFUSED], FINE, REFUSED)
    cut = exchange(closed=Closed.TRUNCATED, ended=4.0)

    before = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(FINE,))
    after = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(FINE, cut, REFUSED))

    assert found.before_loss(before) == before
    assert found.before_loss(after).exchanges == (FINE,)
    assert found.before_loss(after).ending is Ending.GONE


AWAY_AND_BACK = [*[Sign.REFUSED] * 9, Sign.THERE]


async def test_a_target_that_returns_is_not_lost_and_probes_in_the_gap_are_spoilt():
    found = await watched(AWAY_AND_BACK, FINE, REFUSED, patience=60.0)
    fine, refused, later = (
        Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(each,))
        for each in (FINE, REFUSED, replace(REFUSED, started=9 * SECOND, ended=10 * SECOND))
    )

    assert (found.gone, found.times_away) == (None, 1)
    (absence,) = found.absences
    assert absence.words == "3 s after the start, connections are refused, for 6 s"
    assert [found.is_spoilt(each) for each in (fine, refused, later)] == [False, True, False]


@pytest.mark.parametrize(
    ("signs", "seen"), [([Sign.REJECTED] * 3, REJECTED), ([Sign.THROTTLED] * 2, THROTTLED)]
)
async def test_a_rejected_key_and_a_long_rate_limit_do_not_pass(signs, seen):
    assert (await watched([*signs, Sign.THERE], FINE, seen, patience=60.0)).gone is not None


async def test_a_target_that_is_away_again_and_again_is_lost():
    signs = AWAY_AND_BACK * MOST_ABSENCES + [Sign.REFUSED]

    async def ask() -> Sign:
        return signs.pop(0) if len(signs) > 1 else signs[0]

    reachability = monitor(ask, patience=60.0)
    for _ in range(MOST_ABSENCES + 1):
        assert reachability.gone is None
        reachability.see(REFUSED)
        await asyncio.wait_for(reachability.settled(), 5)

    assert reachability.gone is not None
    assert len(reachability.absences) == MOST_ABSENCES
