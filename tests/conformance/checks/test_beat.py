from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.transcript.transcript import Closed, Ending, Exchange
from tests.conformance.kit import (
    HEARTBEAT,
    IDLE,
    LEDGER,
    LIVE,
    REGISTRY,
    SECOND,
    USER,
    done,
    event,
    exchange,
    judged,
    ok,
    record,
    result,
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
    """Judge a window in which heartbeats came at these times."""
    chunks = [(0.0, USER + LIVE + CALL), *((at, b":heartbeat\n\n") for at in times)]
    early = stream(chunks, probe="heartbeat_window", label="early", ended=end, closed=Closed.HUNG_UP)
    seen = record(early, facts={"heartbeat_window": {"called at": 0}}, lag=lag)
    return adjudicate(REGISTRY.checks[row], LEDGER.by_id[row], seen)


@pytest.mark.parametrize(
    ("times", "outcome", "reason"),
    [
        ((14.9, 29.8, 44.7), Outcome.PASSED, None),
        ((15.0, 30.0, 45.0), Outcome.PASSED, None),
        ((15.4, 30.6, 45.9), Outcome.PASSED, None),
        ((5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0), Outcome.PASSED, None),
        ((15.6, 31.0, 46.0), Outcome.FAILED, "silence-too-long"),
        ((15.0, 37.6), Outcome.FAILED, "silence-too-long"),
        ((20.0, 40.0), Outcome.FAILED, "silence-too-long"),
        ((15.0, 30.0), Outcome.FAILED, "silence-too-long"),
        ((), Outcome.FAILED, "silence-too-long"),
    ],
)
def test_the_fifteen_second_boundary(times, outcome, reason):
    verdict = beats(*times)

    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_a_late_harness_widens_the_boundary_and_then_gives_up():
    assert beats(15.6, 31.0, 46.0, lag=0.4).outcome is Outcome.PASSED
    assert beats(16.0, 34.0, lag=1.3).reason == "timing-noise"
    assert beats(15.0, 30.0, 45.0, lag=1.3).outcome is Outcome.PASSED  # none is missing


def test_a_short_window_proves_nothing():
    assert beats(10.0, end=20.0).reason == "precondition"


CONTENT = event("content", text="Hello", isPartial=False)


def test_any_byte_breaks_the_silence():
    chunks = [(0.0, USER + LIVE), *((at, CONTENT) for at in (14.0, 28.0, 42.0))]
    early = stream(chunks, probe="heartbeat_window", label="early", ended=46, closed=Closed.HUNG_UP)
    seen = record(early)

    assert adjudicate(REGISTRY.checks["BEAT-001"], LEDGER.by_id["BEAT-001"], seen).outcome is Outcome.PASSED


def test_missing_exchanges_block_and_missing_stimuli_are_inconclusive():
    judge, row = REGISTRY.checks["BEAT-001"], LEDGER.by_id["BEAT-001"]

    blocked = adjudicate(judge, row, record(probes=("heartbeat_window",), ending=Ending.INTERRUPTED))
    missed = adjudicate(judge, row, record(probes=("heartbeat_window",), ending=Ending.MISSED))

    assert (blocked.outcome, missed.reason) == (Outcome.BLOCKED, "stimulus-not-reached")


BEAT = b":heartbeat\n\n"


def of_times(
    row: str, times: list[float], *, end: float, lag: float = 0.0, interval: float = 15.0
) -> Verdict:
    """Judge heartbeats at these times on a window's early stream."""
    chunks = [(0.0, LIVE), *((at, BEAT) for at in times)]
    heard = stream(chunks, probe="heartbeat_window", label="early", ended=end)
    facts = {"heartbeat_window": {"called at": 0}}
    return judged(row, heard, facts=facts, lag=lag, heartbeat_seconds=interval)


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


def busy(seconds: float, *beats: float) -> Verdict:
    parts = [(0.0, USER + LIVE), *((at, HEARTBEAT) for at in beats), (1.0 + seconds, result("c", "o"))]
    reader = stream(sorted(parts), probe="heartbeat_window", label="early", ended=1.0 + seconds)
    facts = {"heartbeat_window": {"called at": 1 * SECOND}}
    return judged("BEAT-004", reader, facts=facts, heartbeat_seconds=10.0)


def test_a_tool_that_runs_for_less_than_two_intervals_shows_nothing():
    assert busy(19.0).reason == "stimulus-not-reached"
    assert busy(19.0).observed == "the tool ran for 19 s only"
    assert busy(20.0).reason == "silent-while-busy"
    assert busy(25.0, 10.0, 20.0).outcome is Outcome.PASSED


def test_noise_invents_no_heartbeat_but_may_have_moved_one_out_of_sight():
    assert of_times("BEAT-004", [10, 25], end=46.0, lag=3.0).outcome is Outcome.PASSED
    assert of_times("BEAT-004", [10], end=46.0, lag=3.0).reason == Unproven.TIMING_NOISE
    assert of_times("BEAT-004", [10], end=46.0).outcome is Outcome.FAILED


def test_a_heartbeat_inside_the_last_event_does_not_follow_it():
    inside = b":heartbeat\n" + done("x")

    assert judged("BEAT-007", stream([(0.0, USER + LIVE + inside)], probe="easy_task")).reason is None


def replayed(ended: float) -> Verdict:
    body = [(0.0, USER), (ended / 2, HEARTBEAT), (ended, USER + IDLE)]
    both = [stream(body, probe=probe, label="replay", ended=ended) for probe in ("easy_task", "tool_task")]
    return judged("BEAT-008", *both, heartbeat_seconds=10.0)


def test_a_heartbeat_between_the_messages_of_a_slow_replay_may_have_been_due():
    assert replayed(4.0).reason == "heartbeat-replayed"
    assert replayed(6.0).reason == "zero-observations"


def test_a_heartbeat_inside_the_first_event_of_a_replay_is_not_between_its_messages():
    both = [
        stream([(0.0, b":heartbeat\n" + USER + IDLE)], probe=probe, label="replay", ended=1.0)
        for probe in ("easy_task", "tool_task")
    ]

    assert judged("BEAT-008", *both, heartbeat_seconds=10.0).outcome is Outcome.PASSED


def parked(*beats: float, ended: float, closed: Closed = Closed.HUNG_UP, lag: float = 0.0) -> Verdict:
    """Of a reader who is parked and one of a busy tool, at an interval of ten seconds."""
    parts = [(0.0, USER + LIVE), *((at, HEARTBEAT) for at in beats)]
    readers = [
        stream(parts, probe=probe, label=label, ended=ended, closed=closed)
        for probe, label in (("heartbeat_while_waiting", "parked"), ("heartbeat_window", "early"))
    ]
    facts = {"heartbeat_while_waiting": {"parked at": 0}, "heartbeat_window": {"called at": 0}}
    return judged("BEAT-009", *readers, facts=facts, lag=lag, heartbeat_seconds=10.0)


def test_heartbeats_that_come_too_often_by_no_more_than_the_jitter_are_no_flood():
    assert parked(10.0, 15.0, ended=20.0).outcome is Outcome.PASSED
    assert parked(10.0, 14.9, ended=20.0).reason == "flood"
    assert parked(10.0, 14.9, ended=20.0, lag=0.2).reason == "timing-noise"


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


def test_who_came_when_the_task_was_over_shows_no_rhythm():
    late = rhythm(late=(), marker=IDLE, ended=0.1)

    assert (late.outcome, late.reason) == (Outcome.INCONCLUSIVE, "stimulus-not-reached")
    assert "'late'" in late.observed
    assert rhythm().outcome is Outcome.PASSED


def test_the_first_heartbeat_is_waited_for_from_the_head_on():
    probe = "heartbeat_among_events"
    parts = [(2.0, USER + LIVE), (12.0, HEARTBEAT), (22.0, HEARTBEAT)]
    late_head = replace(stream(parts, probe=probe, label="busy", ended=25.0), head_at=2 * SECOND)

    assert rhythm(late_head).outcome is Outcome.PASSED


@pytest.mark.parametrize(("ended", "outcome"), [(10.5, Outcome.INCONCLUSIVE), (10.6, Outcome.FAILED)])
def test_a_stream_without_heartbeats_is_blamed_once_one_was_due(ended, outcome):
    assert rhythm(late=(), ended=ended).outcome is outcome


@pytest.mark.parametrize(
    "more",
    [
        {"late": (), "marker": IDLE, "ended": 0.1},
        {"late": (), "ended": 5.0},
        {"late": (10.0,), "lag": 1.0},
    ],
    ids=["over", "too short", "noise"],
)
def test_what_one_reader_leaves_open_hides_no_breach_of_another(more):
    assert rhythm(**more).outcome in {Outcome.INCONCLUSIVE, Outcome.BLOCKED}
    assert rhythm(early=(10.0, 25.0), **more).reason == "irregular"


def test_a_rhythm_may_be_off_by_half_a_second():
    assert rhythm(early=(10.0, 20.5)).outcome is Outcome.PASSED
    assert rhythm(early=(10.0, 20.500000001)).reason == "irregular"
    assert rhythm(early=(10.0, 19.499999999)).reason == "irregular"


def beating(*times: float, closed: Closed = Closed.HUNG_UP) -> Verdict:
    beats = [(at, b":heartbeat\n\n") for at in times]
    readers = [
        stream([(0.0, USER + LIVE), *beats], probe="heartbeat_window", label=label, ended=46.0, closed=closed)
        for label in ("early", "reconnected", "late")
    ]
    busy = stream(
        [(0.0, USER + LIVE), (14.0, b":heartbeat\n\n"), (29.0, b":heartbeat\n\n")],
        probe="heartbeat_among_events",
        label="busy",
        ended=35.0,
    )
    facts = {"heartbeat_among_events": {"stream": "busy"}}
    return judged("BEAT-011", *readers, busy, facts=facts, heartbeat_seconds=15.0)


def test_a_stream_without_any_heartbeat_is_irregular():
    assert beating(14.0, 29.0, 44.0).outcome is Outcome.PASSED
    assert beating(14.0, 44.0).reason == "irregular"
    assert beating().reason == "irregular"


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


def test_a_parked_stream_that_ended_says_nothing_of_waiting():
    probe = "heartbeat_while_waiting"
    parts = [(0.0, USER + LIVE), (10.0, HEARTBEAT), (20.0, HEARTBEAT + done("x"))]
    over = stream(parts, probe=probe, label="parked", ended=20.0)

    found = judged("BEAT-013", over, heartbeat_seconds=10.0)

    assert (found.reason, "does not stay open" in found.observed) == ("precondition", True)


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
