import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.transcript.transcript import Closed, Ending, Exchange
from tests.conformance.kit import (
    HEARTBEAT,
    LEDGER,
    LIVE,
    REGISTRY,
    USER,
    event,
    exchange,
    judged,
    ok,
    record,
    stream,
)


def listened(row: str, label: str, *beats: float, ended: float) -> Verdict:
    probe = REGISTRY.checks[row].needs[0]
    parts = [(0.0, USER + LIVE), *((at, HEARTBEAT) for at in beats)]
    heard = stream(parts, probe=probe, label=label, ended=ended, closed=Closed.HUNG_UP)
    return judged(row, heard, facts={probe: {"stream": label}}, heartbeat_seconds=10.0)


@pytest.mark.parametrize(
    ("row", "label", "least"),
    [
        ("BEAT-001", "early", 30.0),
        ("BEAT-012", "gzip", 20.0),
        ("BEAT-014", "reconnected", 15.0),
        ("BEAT-005", "late", 15.0),
        ("BEAT-013", "parked", 20.0),
        ("BEAT-015", "busy", 20.0),
    ],
)
def test_silence_is_judged_by_who_listened_for_long_enough(row, label, least):
    short = listened(row, label, 10.0, 20.0, ended=least - 1)
    assert (short.reason, short.observed) == ("precondition", f"listened for {least - 1:.1f} s only")
    assert listened(row, label, 10.0, 20.0, ended=least).outcome is Outcome.PASSED


CALL = event("tool_call", callId="c1", toolName="t", status="executing", args={})


def beats(*times: float, end: float = 46.0, lag: float = 0.0, row: str = "BEAT-001") -> Verdict:
    """Check a window in which heartbeats came at these times."""
    chunks = [(0.0, USER + LIVE + CALL), *((at, b":heartbeat\n\n") for at in times)]
    early = stream(chunks, probe="heartbeat_window", label="early", ended=end, closed=Closed.HUNG_UP)
    seen = record(early, facts={"heartbeat_window": {"called at": 0}}, lag=lag)
    return adjudicate(REGISTRY.checks[row], LEDGER.by_id[row], seen)


def test_missing_exchanges_block_and_missing_stimuli_are_inconclusive():
    judge, row = REGISTRY.checks["BEAT-001"], LEDGER.by_id["BEAT-001"]

    blocked = adjudicate(judge, row, record(probes=("heartbeat_window",), ending=Ending.INTERRUPTED))
    missed = adjudicate(judge, row, record(probes=("heartbeat_window",), ending=Ending.MISSED))

    assert (blocked.outcome, missed.reason) == (Outcome.BLOCKED, "stimulus-not-reached")


WINDOW = ("early", "reconnected", "late")


def texts(ended: float, *comments: bytes) -> Verdict:
    heard = USER + LIVE + b"".join(comments)
    readers = [
        stream([(0.0, heard)], probe="heartbeat_window", label=label, ended=ended, closed=Closed.HUNG_UP)
        for label in WINDOW
    ]
    return judged("BEAT-002", *readers, heartbeat_seconds=10.0)


def test_a_stream_that_says_something_else_is_blamed_after_two_intervals():
    assert texts(20.0, b":ping\n\n").reason == "zero-observations"
    assert texts(20.1, b":ping\n\n").reason == "other-comment"
    assert texts(20.1, HEARTBEAT).outcome is Outcome.PASSED


def waiting(*beats: float, ended: float, lag: float = 0.0) -> Verdict:
    parts = [(0.0, USER + LIVE), *((at, HEARTBEAT) for at in beats)]
    probe = "heartbeat_while_waiting"
    heard = stream(parts, probe=probe, label="parked", ended=ended, closed=Closed.HUNG_UP)
    return judged("BEAT-003", heard, facts={probe: {"parked at": 0}}, lag=lag, heartbeat_seconds=10.0)


def test_two_heartbeats_are_waited_for_in_two_intervals():
    assert waiting(10.0, ended=19.9).reason == "precondition"
    assert waiting(ended=20.0).reason == "too-few-heartbeats"
    assert waiting(10.0, 20.0, ended=25.0).outcome is Outcome.PASSED


def test_two_heartbeats_that_are_too_far_apart_are_too_few():
    assert waiting(5.0, 15.5, ended=25.0).outcome is Outcome.PASSED
    assert waiting(5.0, 15.6, ended=25.0).reason == "too-few-heartbeats"


def test_noise_is_no_excuse_where_each_heartbeat_came():
    assert waiting(9.0, 20.0, ended=29.9, lag=1.0).outcome is Outcome.PASSED
    late = waiting(9.0, 20.0, ended=30.0, lag=1.0)
    assert (late.reason, late.observed.rpartition(", ")[2]) == ("timing-noise", "at a noise of 1.00 s")


def rhythm(
    *more: Exchange, lag: float = 0.0, ended: float = 26.0, marker: bytes = LIVE, **beats: tuple[float, ...]
) -> Verdict:
    """Of three readers and one of a busy task, at ten seconds; `marker` and `ended` are those of the last."""
    heard = {label: beats.get(label, (10.0, 20.0)) for label in (*WINDOW, "busy")}
    readers = [
        stream(
            [(0.0, USER + (marker if label == "late" else LIVE)), *((at, HEARTBEAT) for at in times)],
            probe="heartbeat_among_events" if label == "busy" else "heartbeat_window",
            label=label,
            ended=ended if label == "late" else 26.0,
            closed=Closed.HUNG_UP,
        )
        for label, times in heard.items()
    ]
    facts = {"heartbeat_among_events": {"stream": "busy"}}
    return judged("BEAT-011", *readers, *more, facts=facts, lag=lag, heartbeat_seconds=10.0)


@pytest.mark.parametrize(("ended", "outcome"), [(10.5, Outcome.INCONCLUSIVE), (10.6, Outcome.FAILED)])
def test_a_stream_without_heartbeats_is_blamed_once_one_was_due(ended, outcome):
    assert rhythm(late=(), ended=ended).outcome is outcome


def test_a_compressed_stream_is_judged_by_its_times():
    coded = (("Content-Type", "text/event-stream"), ("Content-Encoding", "gzip"))
    row = "BEAT-012"
    for times, outcome in (([15, 30, 45], Outcome.PASSED), ([44], Outcome.WARNED)):
        chunks = [(float(at), b"\x1f\x8b") for at in times]
        heard = exchange(
            operation="stream_task",
            headers=coded,
            chunks=chunks,
            probe="heartbeat_window",
            label="gzip",
            ended=46.0,
        )
        found = adjudicate(REGISTRY.checks[row], LEDGER.by_id[row], record(heard))
        assert found.outcome is outcome


@pytest.mark.parametrize(
    ("row", "probe", "opened", "meanwhile"),
    [
        ("BEAT-001", "heartbeat_window", "early", "meanwhile"),
        ("STREAM-022", "heartbeat_window", "early", "meanwhile"),
        ("BEAT-013", "heartbeat_while_waiting", "parked", "state"),
    ],
)
def test_a_stream_that_something_gathers_is_silent(row, probe, opened, meanwhile):
    held = exchange(
        probe=probe, label=opened, status=None, closed=Closed.DEADLINE, ended=19.0, operation="stream_task"
    )

    found = judged(row, held, ok(probe, meanwhile, {"status": "running"}))
    assert (found.outcome, found.reason) in {
        (Outcome.FAILED, "silence-too-long"),
        (Outcome.WARNED, "held-back"),
    }
    assert "proxy_buffering" in found.observed
    # Nobody knows whether it ran, or it did not.
    assert judged(row, held).outcome not in {Outcome.FAILED, Outcome.WARNED}
    assert judged(row, held, ok(probe, meanwhile, {"status": "pending"})).outcome is not Outcome.FAILED
