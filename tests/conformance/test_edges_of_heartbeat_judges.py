"""The same of judges that listen for heartbeats."""

from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import HEARTBEAT, IDLE, LIVE, REGISTRY, SECOND, USER, done, judged, result, stream


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


def test_a_heartbeat_before_the_end_is_none_after_it():
    def heard(*parts: bytes) -> Verdict:
        return judged("BEAT-007", stream([(0.0, USER + LIVE + b"".join(parts))], probe="easy_task"))

    assert heard(HEARTBEAT, done("x")).reason is None
    assert heard(done("x"), HEARTBEAT).reason == "heartbeat-after-end"


def test_a_heartbeat_inside_the_last_event_does_not_follow_it():
    inside = b":heartbeat\n" + done("x")

    assert judged("BEAT-007", stream([(0.0, USER + LIVE + inside)], probe="easy_task")).reason is None


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


def listened(row: str, label: str, *beats: float, ended: float) -> Verdict:
    probe = REGISTRY.judges[row].needs[0]
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


def test_a_parked_stream_that_ended_says_nothing_of_waiting():
    probe = "heartbeat_while_waiting"
    parts = [(0.0, USER + LIVE), (10.0, HEARTBEAT), (20.0, HEARTBEAT + done("x"))]
    over = stream(parts, probe=probe, label="parked", ended=20.0)

    found = judged("BEAT-013", over, heartbeat_seconds=10.0)

    assert (found.reason, "does not stay open" in found.observed) == ("precondition", True)


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


WINDOW = ("early", "reconnected", "late")


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
