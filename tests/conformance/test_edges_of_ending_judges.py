"""The same of judges of how streams end."""

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import IDLE, LIVE, USER, call, content, done, judged, ok, outcome_of, stream


def replays(*closed: Closed) -> Verdict:
    heard = [
        stream([(0.0, USER + IDLE)], probe="easy_task", label=label, closed=how)
        for label, how in zip(("replay", "second replay"), closed, strict=True)
    ]
    return judged("PHASE-005", *heard)


def test_of_two_replays_the_one_that_no_network_cut_is_judged():
    assert replays(Closed.RESET, Closed.RESET).reason == "zero-observations"
    assert replays(Closed.RESET, Closed.COMPLETE).outcome is Outcome.PASSED
    assert replays(Closed.TRUNCATED, Closed.DEADLINE).reason == "idle-stream-goes-on"


def foretold(*live: bytes, marker: bytes = LIVE) -> str:
    heard = USER + marker + b"".join(live)
    return outcome_of(judged("PHASE-004", stream([(0.0, heard)], probe="easy_task", label="r")))


def test_one_live_event_is_what_a_marker_foretells():
    assert foretold(done("x")) == "passed"
    assert foretold() == "wrong-is-streaming"
    assert foretold(marker=IDLE) == "passed"
    assert foretold(done("x"), marker=IDLE) == "wrong-is-streaming"


def ended_after(seconds: float) -> str:
    return outcome_of(
        judged("PHASE-013", stream([(1.0, USER + IDLE)], probe="easy_task", label="r", ended=1.0 + seconds))
    )


def test_a_stream_is_closed_within_five_seconds_of_its_last_event():
    assert ended_after(5.0) == "passed"
    assert ended_after(5.000000001) == "closed-late"


@pytest.mark.parametrize(
    ("row", "probe", "least", "reason"),
    [
        ("PHASE-006", "tool_task", 1.0, "live-phase-missing"),
        ("PHASE-013", "easy_task", 5.0, "closed-late"),
        ("PHASE-022", "easy_task", 5.0, "left-hanging"),
        ("STREAM-018", "easy_task", 5.0, "left-open"),
    ],
)
def test_how_long_a_reader_waits_for_the_close(row, probe, least, reason):
    def left_after(seconds: float) -> str:
        heard = stream(
            [(0.1, USER + LIVE), (1.0, done("x"))],
            probe=probe,
            label="1: whole",
            ended=1.0 + seconds,
            closed=Closed.HUNG_UP,
        )
        return outcome_of(judged(row, heard, facts={probe: {"attempt": "1"}}))

    assert left_after(least - 0.1) == "zero-observations"
    assert left_after(least) == reason


def left(*statuses: str) -> str:
    """Of a stream that the harness left before its end, and what get_task told then."""
    probe = "tool_task"
    heard = stream([(0.1, USER + LIVE + call("c"))], probe=probe, label="1: whole", closed=Closed.HUNG_UP)
    told = [ok(probe, "1: after the reader vanished", {"id": "t", "status": status}) for status in statuses]
    return outcome_of(judged("PHASE-006", heard, *told, facts={probe: {"attempt": "1"}}))


def test_a_stream_that_was_left_is_missing_its_end_once_the_task_has_ended():
    assert left() == "zero-observations"
    assert left("running") == "zero-observations"
    assert left("completed") == "live-phase-missing"
    assert left("running", "failed", "completed") == "live-phase-missing"


def test_a_run_whose_stream_was_cut_is_not_compared_with_its_answer():
    def told(closed: Closed, *end: bytes) -> str:
        heard = USER + LIVE + content("a") + b"".join(end)
        return outcome_of(
            judged("EVENT-017", stream([(1.0, heard)], probe="easy_task", label="r", closed=closed))
        )

    assert told(Closed.COMPLETE, done("a")) == "passed"
    assert told(Closed.COMPLETE, done("b")) == "other-text"
    assert told(Closed.TRUNCATED, done("b")) == "zero-observations"


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b'event: content\n\ndata: {"text": "a"}\n\n', "half-event"),
        (b'data: {"text":\n\n', "half-event"),
        (b'data: {"text": "a"}\n\n', "passed"),
        (b"data: " + b"[" * 100_000 + b"\n\n", "half-event"),
        (b'event: content\ndata: {"text": "a"}\n\n', "passed"),
    ],
    ids=["a name without data", "half of the data", "data without a name", "endless data", "whole"],
)
def test_a_block_that_was_cut_in_two_is_told_by_what_is_left(block, reason):
    heard = stream([(0.0, USER + LIVE + block + done("a"))], probe="easy_task", label="r")

    assert outcome_of(judged("STREAM-034", heard)) == reason
