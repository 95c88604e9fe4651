"""A pass of the loop that takes too long is counted and named by its code; at most 1 log line per second."""

import asyncio
import contextlib
import gc
import logging
import sys
import threading
import time

import pytest

from sigmic_mock.runtime.event_loop import FairLoop, FairSelector
from sigmic_mock.runtime.watchdog import LONGEST_PAUSE, Watchdog, operation_of, place_of


class Hand:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def watchdog(hand) -> Watchdog:
    return Watchdog(hand)


def block(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def run_watched(work) -> Watchdog:
    """Run `work` on a loop with a watchdog."""
    watchdog = Watchdog()

    async def main() -> None:
        watchdog.start(asyncio.get_running_loop())
        await asyncio.sleep(0)
        await work()
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=FairLoop) as runner:
        try:
            runner.run(main())
        finally:
            watchdog.stop()
    return watchdog


def test_a_sample_may_be_taken_while_a_pass_is_recorded(hand, watchdog):
    over, usual = threading.Event(), sys.getswitchinterval()

    def look_on() -> None:
        number = 0
        while not over.is_set():
            number = (number + 1) % 50
            watchdog.saw(1.0 + number // 49, f"GET {number}", "place")

    thread = threading.Thread(target=look_on)
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        for _ in range(5000):
            watchdog.passed(1.0, 0.1, 0.1)
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(usual)

    assert sum(each.count for each in watchdog.pauses.values()) == 5000


def test_a_long_pass_is_named_by_the_task_that_ran():
    async def blocking() -> None:
        block(0.3)

    async def work() -> None:
        await asyncio.create_task(blocking(), name="run 7f3a")

    watchdog = run_watched(work)

    assert watchdog.pauses["run"].longest > 0.3
    assert watchdog.pauses["run"].cpu > 0.29


def test_many_short_passes_are_no_pause():
    async def work() -> None:
        for _ in range(20):
            block(0.005)
            await asyncio.sleep(0)

    assert sum(each.cpu >= LONGEST_PAUSE for each in run_watched(work).pauses.values()) == 0


def test_a_loop_that_waits_does_not_pause():
    async def work() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.12)

    assert sum(each.cpu >= LONGEST_PAUSE for each in run_watched(work).pauses.values()) == 0


def test_after_stop_nothing_of_it_is_left():
    async def nothing() -> None:
        pass

    before = list(gc.callbacks)
    watchdog = run_watched(nothing)
    watchdog.stop()

    assert gc.callbacks == before
    assert "watchdog" not in [thread.name for thread in threading.enumerate()]


def test_what_was_seen_most_often_gives_the_name(watchdog):
    for operation in ("get_task", "create_task", "create_task"):
        watchdog.saw(1.0, operation, "http.app:perform")
    watchdog.passed(1.0, 0.2, 0.19)
    watchdog.passed(2.0, 0.1, 0.09)

    assert watchdog.pauses["create_task"].longest == 0.2
    assert watchdog.pauses["other"].longest == 0.1, "what was seen in one pass is not said of the next"


def test_the_longest_pause_of_an_operation_is_kept_with_its_processor_time(watchdog):
    for began, seconds, cpu in ((1.0, 0.1, 0.1), (2.0, 0.4, 0.02), (3.0, 0.2, 0.2)):
        watchdog.saw(began, "control", "control.router:answer")
        watchdog.passed(began, seconds, cpu)

    pauses = watchdog.pauses["control"]
    assert (pauses.count, pauses.longest, pauses.cpu) == (3, 0.4, 0.02)


def test_one_line_a_second_says_how_many_it_leaves_out(watchdog, hand, caplog):
    caplog.set_level(logging.INFO)
    for _ in range(5):
        watchdog.passed(1.0, 0.1, 0.1)
    hand.now += 1
    watchdog.passed(1.0, 0.1, 0.1)

    assert [record.fields["unlogged"] for record in caplog.records] == [0, 4]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_pause_of_a_busy_machine_is_no_warning(watchdog, caplog):
    caplog.set_level(logging.INFO)
    watchdog.passed(1.0, 0.4, 0.004)

    assert [(record.levelno, record.fields["cpu_ms"]) for record in caplog.records] == [(logging.INFO, 4)]


@pytest.mark.parametrize(("collected", "name"), [(0.15, "garbage_collector"), (0.05, "run")])
def test_a_pause_for_the_collector_bears_its_name(watchdog, collected, name):
    watchdog.saw(1.0, "run", "agent.agent:perform")
    watchdog.collected(1.0, collected)
    watchdog.passed(1.0, 0.2, 0.2)

    assert list(watchdog.pauses) == [name]


@pytest.mark.parametrize(
    ("task", "operation"),
    [
        ("create_task", "create_task"),
        ("run 2f6c1d0e-0000-4000-8000-000000000000", "run"),
        ("MCP server ../../what its owner calls it", "MCP"),
        ("mcp.shared.dispatcher.Dispatcher._spawn.<locals>.run", "http"),
        ("Task-12", "http"),
        ("", "http"),
    ],
)
def test_an_operation_is_one_of_our_own_words(task, operation):
    assert operation_of(task, "http.connection:data_received") == operation


def test_a_place_is_the_innermost_code_of_ours():
    names = []
    with FairSelector() as passes:
        passes.select(0)
        passes.watch(0.0, lambda *_: names.append(place_of(sys._getframe())))
        passes.select(0)

    assert names == ["runtime.event_loop:select"]
