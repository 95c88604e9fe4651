"""Locust against targets that end streams cleanly or never answer; and a Locust that is stopped."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Literal

import pytest

from tests.load.fake_target import Fake, Habits
from tests.load.process import ROOT, Locust, freeze, open_streams

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(find_spec("locust") is None, reason="the extra `load` is not installed"),
]
HOLD = ("-u", "1", "-t", "10", "--heartbeat-period", "1", "--exit-code-on-error", "0", "StreamUser")
STREAMS = 20
STOPPED = 3.0


@pytest.fixture
def locust(tmp_path):
    return Locust(tmp_path)


@pytest.fixture
def target():
    """A function that starts a target with these habits."""
    started: list[Fake] = []

    def start(**habits: object) -> Fake:
        started.append(Fake(Habits(**habits)))  # type: ignore[arg-type]  # the test names them
        return started[-1]

    yield start
    for each in started:
        each.stop()


def stop_for_a_while(locust: Locust, target: Fake) -> Callable[[], Literal[False]]:
    """Return a function that stops Locust once, some seconds after all its streams are open."""
    looks = iter([False] * 20 + [True] + [False] * 1000)

    def look() -> Literal[False]:
        if open_streams(target) == STREAMS and next(looks) and locust.process is not None:
            freeze(STOPPED, locust.process.pid)
        return False

    return look


def test_a_load_generator_that_was_stopped_blames_itself(locust, target):
    healthy = target()

    run = locust(
        *HOLD,
        "--slo",
        str(ROOT / "load" / "slo.yaml"),
        url=healthy.url,
        stop=stop_for_a_while(locust, healthy),
    )

    assert (run.report["verdict"], run.code) == ("incomplete", 4), run.said
    assert {*run.verdicts("broken")} <= {"own-lag"}, run.said
    (process,) = run.report["generator"]["processes"]
    assert process["unmeasured"] > STOPPED - 0.1
    assert run.report["reasons"][0].startswith("the load generator stood still for")
    assert run.report["distributions"]["heartbeat_lateness_corrected"]["p99"] < 1.0


def test_a_stream_that_ends_with_error_breaks_the_run_and_one_that_ends_early_is_named(locust, target):
    failing = target(ends_after=4.5, ends_with="error", every=10)

    run = locust(*HOLD, url=failing.url)

    assert (run.report["verdict"], run.code) == ("broken", 3), run.said
    assert "streams-failed" in run.verdicts("broken")
    row = run.report["streams"]
    assert row["error"] >= 2
    assert {"reason": "ended with error OVERLOADED", "count": row["error"]} in row["reasons"]


def test_streams_that_end_early_are_named_and_break_nothing(locust, target):
    ending = target(ends_after=4.5, ends_with="done")

    run = locust(*HOLD, url=ending.url)

    assert run.verdicts("broken") == [], run.said
    row = run.report["streams"]
    assert row["early"] >= STREAMS
    assert f"{row['early']} of {row['answered']} streams ended early" in run.report["reasons"][-1]


def test_a_stream_that_is_never_answered_breaks_the_run(locust, target):
    silent = target(answers_after=60.0, every=10)

    run = locust(*HOLD, url=silent.url)

    assert (run.report["verdict"], run.code) == ("broken", 3), run.said
    assert "streams-unanswered" in run.verdicts("broken")
    row = run.report["streams"]
    assert (row["wanted"], row["requested"], row["answered"], row["unanswered"]) == (20, 20, 18, 2)
    assert row["open"] == 18
    held = run.report["objectives"][0]
    assert held["id"] == "streams-held"
    assert held["value"] == pytest.approx(0.9, abs=0.05)
