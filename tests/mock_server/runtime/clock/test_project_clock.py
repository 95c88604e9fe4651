"""One project's clock in its four modes."""

import asyncio
import time
from functools import partial

import pytest

from sigmic_mock.runtime.clock.clocks import Clocks
from sigmic_mock.runtime.clock.mode import AUTOJUMP, MANUAL, REAL, Mode
from sigmic_mock.runtime.clock.project_clock import ProjectClock


async def within(event: asyncio.Event) -> None:
    async with asyncio.timeout(5):
        await event.wait()


async def real_time_passes() -> None:
    """Wait until a timer of the machine has fired that was due after all timers of the test."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, passed.set)
    await within(passed)


async def test_real_time_is_the_machines() -> None:
    clock = ProjectClock(REAL)
    before = time.time_ns() // 1_000_000
    assert before - 2 <= clock.now() <= time.time_ns() // 1_000_000 + 2
    start = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - start >= 0.009


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_system_clock_that_is_set_moves_no_task(hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ProjectClock(REAL)
    before = clock.now()

    monkeypatch.setattr(time, "time_ns", lambda real=time.time_ns: real() + hours * 3600 * 10**9)

    assert before <= clock.now() < before + 60_000


async def test_a_call_comes_once_unless_it_is_cancelled() -> None:
    clock = ProjectClock(REAL)
    came = asyncio.Event()
    missed = []
    clock.call_later(0.01, lambda: missed.append("cancelled")).cancel()
    clock.call_later(0.02, came.set)
    await within(came)

    assert missed == []


async def test_a_sooner_timer_comes_before_one_that_was_set_before_it() -> None:
    clock = ProjectClock(REAL)
    order = []
    last = asyncio.Event()
    clock.call_later(0.03, last.set)
    clock.call_later(0.001, lambda: order.append(last.is_set()))
    await within(last)

    assert order == [False]


async def test_scaled_time_is_as_much_faster() -> None:
    clock = ProjectClock(Mode("scaled", 1000.0))
    started = time.monotonic()
    start = clock.monotonic()
    await clock.sleep(30)

    assert clock.monotonic() - start >= 29.9
    assert time.monotonic() - started < 5


async def test_manual_time_stands_still() -> None:
    clock = ProjectClock(MANUAL)
    before = (clock.now(), clock.monotonic())
    fired = []
    clock.call_later(0.001, lambda: fired.append(1))
    await real_time_passes()

    assert (clock.now(), clock.monotonic()) == before
    assert fired == []


async def test_an_advance_fires_in_order_at_the_due_time_and_says_so() -> None:
    clock = ProjectClock(MANUAL)
    start = clock.now()
    seen = []

    def note(name: str) -> None:
        seen.append((name, clock.now() - start))

    for seconds, name in ((10, "b"), (5, "a"), (10, "c"), (15.001, "later")):
        clock.call_later(seconds, partial(note, name), timer=name, owner="t")

    advance = await clock.advance(15)

    assert seen == [("a", 5000), ("b", 10_000), ("c", 10_000)]
    assert [(fired.timer, fired.owner, fired.due - start) for fired in advance.fired] == [
        ("a", "t", 5000),
        ("b", "t", 10_000),
        ("c", "t", 10_000),
    ]
    assert advance.counts == {"a": 1, "b": 1, "c": 1}
    assert (advance.now, advance.settled) == (start + 15_000, True)
    assert [timer.timer for timer in clock.pending] == ["later"]


async def test_an_advance_counts_what_falls_due_together_with_a_wake_up() -> None:
    clock = ProjectClock(MANUAL)

    async def work() -> None:
        with clock.working():
            with clock.waiting():
                await clock.sleep(5, timer="wait")
            clock.call_later(0, lambda: None, timer="at once")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    clock.call_later(5, lambda: None, timer="beat")
    advance = await clock.advance(5)
    await task

    assert advance.counts == {"wait": 1, "beat": 1, "at once": 1}
    assert clock.pending == ()


async def test_work_set_off_by_a_timer_is_done_before_the_next_one_fires() -> None:
    clock = ProjectClock(MANUAL)
    order = []
    gate = asyncio.Event()

    async def work() -> None:
        with clock.working():
            with clock.waiting():
                await clock.sleep(5)
            order.append("woken")
            await gate.wait()
            order.append("done")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    clock.call_later(6, lambda: order.append("next"))
    advancing = asyncio.create_task(clock.advance(10))
    await real_time_passes()
    assert order == ["woken"]
    gate.set()
    advance = await advancing

    assert order == ["woken", "done", "next"]
    assert advance.settled is True
    assert task.done()


async def test_a_sleep_of_no_time_needs_no_advance() -> None:
    clock = ProjectClock(MANUAL)
    came = asyncio.Event()
    clock.call_later(0, came.set)
    await within(came)
    async with asyncio.timeout(5):
        await clock.sleep(0)


async def test_a_timer_that_raises_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    clock = ProjectClock(MANUAL)
    fired = []
    clock.call_later(1, lambda: 1 / 0)
    clock.call_later(2, lambda: fired.append(2))
    await clock.advance(3)

    assert fired == [2]
    assert "a timer failed" in caplog.text


async def test_autojump_goes_to_the_next_timer_when_nothing_goes_on() -> None:
    clock = ProjectClock(AUTOJUMP)
    start = clock.monotonic()
    async with asyncio.timeout(5):
        await clock.sleep(24 * 3600)

    assert clock.monotonic() - start == pytest.approx(24 * 3600)


@pytest.mark.parametrize("on_caller", [False, True])
async def test_autojump_is_held_back_by_work_and_by_a_wait_for_a_caller(on_caller: bool) -> None:
    clock = ProjectClock(AUTOJUMP)
    fired = asyncio.Event()
    acted = asyncio.Event()

    async def work() -> None:
        with clock.working():
            if on_caller:
                with clock.waiting(on_caller=True):
                    await acted.wait()
            else:
                await acted.wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    clock.call_later(1, fired.set)
    await real_time_passes()
    assert not fired.is_set()
    acted.set()
    await within(fired)
    await task


async def test_autojump_waits_for_a_caller_who_is_about_to_come() -> None:
    clock = ProjectClock(AUTOJUMP, patience=60.0)
    fired = asyncio.Event()
    expected = clock.expect_caller()
    clock.call_later(1, fired.set)
    await real_time_passes()
    assert not fired.is_set()
    expected.cancel()
    expected.cancel()
    await within(fired)


async def test_autojump_waits_for_no_caller_longer_than_its_limit() -> None:
    clock = ProjectClock(AUTOJUMP, patience=0.02)
    fired = asyncio.Event()
    clock.expect_caller()
    clock.call_later(1, fired.set)
    began = time.monotonic()
    await within(fired)

    assert time.monotonic() - began >= 0.02


async def test_autojump_does_not_jump_for_a_timer_that_nothing_waits_for() -> None:
    clock = ProjectClock(AUTOJUMP)
    fired: list[str] = []
    clock.call_later(1, lambda: fired.append("idle"), idle=True)
    await real_time_passes()
    assert fired == []
    async with asyncio.timeout(5):
        await clock.sleep(2)

    assert fired == ["idle"]


async def test_the_mode_may_change_while_timers_are_pending() -> None:
    clock = ProjectClock(MANUAL)
    came = asyncio.Event()
    clock.call_later(60, came.set)
    before = clock.now()
    await clock.advance(59.99)
    clock.set_mode(REAL)
    await within(came)

    assert 60_000 <= clock.now() - before < 65_000
    clock.set_mode(MANUAL)
    stands = clock.now()
    await real_time_passes()
    assert clock.now() == stands


async def test_setting_the_calendar_moves_no_timer() -> None:
    clock = ProjectClock(MANUAL)
    clock.call_later(60, lambda: None, timer="t")
    clock.set_now(2_000_000_000_000)

    assert clock.now() == 2_000_000_000_000
    assert clock.pending[0].due == 2_000_000_060_000


async def test_deadlines_that_never_come_take_no_memory() -> None:
    clock = ProjectClock(REAL)
    for _ in range(10_000):
        clock.call_later(86_400, lambda: None).cancel()

    assert len(clock._timers._heap) < 200
    assert clock.pending == ()


async def test_each_project_has_its_own_time() -> None:
    clocks = Clocks(MANUAL)
    one, other = clocks.of("one"), clocks.of("other")
    before = other.now()
    await one.advance(3600)

    assert clocks.of("one") is one
    assert other.now() == before


@pytest.mark.parametrize("mode", [MANUAL, REAL])
async def test_one_timer_fires_before_its_time_and_the_others_stay(mode: Mode) -> None:
    clock = ProjectClock(mode)
    order: list[str] = []
    clock.call_later(100, lambda: order.append("first"), timer="first")
    clock.call_later(200, lambda: order.append("second"), timer="second")
    _, second = clock.pending

    fired = await clock.fire(second.number)

    assert fired is not None
    assert (order, fired.fired, [each.timer for each in clock.pending]) == (["second"], [second], ["first"])
    assert await clock.fire(second.number) is None
    assert fired.now < second.due
    clock.close()
