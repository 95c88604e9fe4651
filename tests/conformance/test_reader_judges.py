"""Readers that differ: a record that holds, and the same with one thing wrong."""

import gzip
from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import IDLE, LIVE, SECOND, STREAM, USER, event, exchange, judged, stream

BROKEN = {Outcome.FAILED, Outcome.WARNED}
MANY = [event("content", text=f"{number} ", isPartial=number < 119) for number in range(120)]
TEXT = "".join(f"{number} " for number in range(120))
DONE = event("done", finalResponse=TEXT)
FACTS = {"many_events": {"attempt": 1}}


def reader(name: str, *parts: bytes, ended: float = 5.0, **more) -> Exchange:
    return stream([(1.0, b"".join(parts))], probe="many_events", label=f"1: {name}", ended=ended, **more)


FINISHED = exchange(
    probe="many_events",
    label="finished",
    body={"success": True, "data": {"id": "t", "status": "completed", "output": {"content": TEXT}}},
)


def replace_content(finished: Exchange, text: str) -> Exchange:
    output = {"success": True, "data": {"id": "t", "status": "cancelled", "output": {"content": text}}}
    return exchange(probe=finished.probe, label=finished.label, body=output)


ALL = (USER, LIVE, *MANY, DONE)
QUICK = reader("quick", *ALL)
PAUSING = reader("pausing", *ALL, ended=8.0)
LEFT = reader("leaving", USER, LIVE, closed=Closed.HUNG_UP)
LOST = (USER, LIVE, *MANY[:60], *MANY[61:], DONE)
SWAPPED = (USER, LIVE, MANY[1], MANY[0], *MANY[2:], DONE)


@pytest.mark.parametrize("parts", [LOST, SWAPPED], ids=["lost", "swapped"])
def test_a_burst_is_whole_and_in_order(parts):
    assert judged("STREAM-025", QUICK, FINISHED, facts=FACTS).outcome is Outcome.PASSED
    assert judged("STREAM-025", reader("quick", *parts), FINISHED, facts=FACTS).outcome in BROKEN


def test_an_answer_in_few_pieces_is_no_burst():
    few = reader("quick", USER, LIVE, event("content", text=TEXT, isPartial=False), DONE)

    assert judged("STREAM-025", few, FINISHED, facts=FACTS).reason == "stimulus-not-reached"


LARGE = (
    stream([(1.0, USER + IDLE)], probe="large_event", label="quick", ended=2.0),
    stream([(1.0, USER + IDLE)], probe="large_event", label="pausing", ended=4.0),
)


@pytest.mark.parametrize(
    ("pausing", "good"),
    [
        (PAUSING, True),
        (reader("pausing", *ALL[:50], closed=Closed.TRUNCATED, ended=8.0), True),
        (reader("pausing", *ALL[:50], b"event: content\nda", closed=Closed.TRUNCATED, ended=8.0), False),
        (reader("pausing", *ALL[:50], b"event: content\nda", closed=Closed.HUNG_UP, ended=8.0), True),
        (reader("pausing", *LOST, ended=8.0), False),
        (reader("pausing", *ALL, ended=0.5), False),
    ],
    ids=["whole", "ended between", "cut inside", "left by the harness", "lost", "the quick one waited"],
)
def test_a_pausing_reader(pausing, good):
    found = judged("STREAM-026", QUICK, pausing, *LARGE, facts=FACTS)

    assert (found.outcome is Outcome.PASSED) == good


@pytest.mark.parametrize(("resumed", "good"), [(7.0, True), (0.7, False)])
def test_a_reader_that_never_had_to_wait_may_be_done_first(resumed, good):
    early = reader("pausing", *ALL, ended=0.5)
    facts = {"many_events": FACTS["many_events"] | {"resumed at": round(resumed * NANO)}}

    found = judged("STREAM-026", QUICK, early, *LARGE, facts=facts)

    assert (found.outcome is Outcome.PASSED) == good


@pytest.mark.parametrize(
    ("arrivals", "outcome"),
    [((1.0, 3.5, 6.0), Outcome.INCONCLUSIVE), ((1.0, 1.5, 6.0), Outcome.WARNED)],
    ids=["came all the while", "held up"],
)
def test_a_quick_reader_that_outlasts_the_pause_was_held_up_or_had_more_to_hear(arrivals, outcome):
    begin, middle, end = arrivals
    chunks = [
        (begin, USER + LIVE + MANY[0]),
        (middle, b"".join(MANY[1:60])),
        (end, b"".join([*MANY[60:], DONE])),
    ]
    quick = stream(chunks, probe="many_events", label="1: quick", ended=7.0)
    facts = {"many_events": FACTS["many_events"] | {"resumed at": 4 * NANO}}

    assert judged("STREAM-026", quick, PAUSING, *LARGE, facts=facts).outcome is outcome


def coded(data: bytes, coding: str = "gzip") -> Exchange:
    made = exchange(
        operation="stream_task",
        probe="many_events",
        label="1: gzip",
        headers=(*STREAM, ("Content-Encoding", coding)),
        chunks=[(1.0, data)],
        ended=5.0,
    )
    return replace(made, url="http://x/api/v1/tasks/t/stream")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (coded(gzip.compress(b"".join(ALL))), None),
        (reader("gzip", *ALL), None),
        (coded(gzip.compress(b"".join(LOST[:-1]))), "content-differs"),
        (coded(b"".join(ALL)), "bad-coding"),
        (coded(b"".join(ALL), "zz"), "bad-coding"),
    ],
    ids=["gzip", "identity", "lost", "no gzip", "unknown"],
)
def test_gzip_says_the_same(other, reason):
    found = judged("STREAM-036", QUICK, other, FINISHED, facts=FACTS)

    assert (found.outcome is Outcome.PASSED, found.reason) == (reason is None, reason)


def test_leaving_changes_nothing_for_others():
    cut = reader("quick", USER, LIVE, *MANY[:3], closed=Closed.TRUNCATED)

    assert judged("PHASE-028", QUICK, PAUSING, LEFT, FINISHED, facts=FACTS).outcome is Outcome.PASSED
    assert judged("PHASE-028", cut, PAUSING, LEFT, FINISHED, facts=FACTS).outcome is Outcome.FAILED
    over = reader("leaving", *ALL)
    ended = event("error", message="The task was cancelled", code="CANCELLED")
    taken_along = reader("quick", USER, LIVE, ended)
    empty = replace_content(FINISHED, "")
    assert judged("PHASE-028", taken_along, PAUSING, LEFT, empty, facts=FACTS).reason == "others-disturbed"
    assert judged("PHASE-028", QUICK, PAUSING, over, FINISHED, facts=FACTS).reason == "stimulus-not-reached"


def storm_then(after: Exchange, cut: int = 200) -> Verdict:
    before = stream([(0.1, USER + IDLE)], probe="connection_storm", label="before", ended=0.2)
    hung = stream([(0.1, b"")], probe="connection_storm", label="cut off", closed=Closed.HUNG_UP)
    return judged("PHASE-026", before, *[hung] * cut, replace(after, probe="connection_storm", label="after"))


def test_a_storm_leaves_no_trace():
    assert storm_then(stream([(0.1, USER + IDLE)], ended=0.3)).outcome is Outcome.PASSED
    assert storm_then(stream([(0.1, IDLE)], ended=0.3)).outcome is Outcome.WARNED
    assert storm_then(stream([(0.1, USER + IDLE)], ended=30.0)).outcome is Outcome.WARNED
    assert storm_then(exchange(status=503)).outcome is Outcome.WARNED
    assert storm_then(stream([(0.1, USER + IDLE)], ended=0.3), cut=20).reason == "stimulus-not-reached"


FOREIGN = "foreign_event_ids"


def said_by(id: str, content: str) -> bytes:
    return event("history_message", id=id, role="assistant", content=content)


def with_id(*parts: bytes, status: int | None = 200) -> Verdict:
    saved = [{"id": "m1", "role": "user", "content": "Hi"}, {"id": "m2", "role": "assistant", "content": "4"}]
    history = exchange(probe=FOREIGN, label="history", body={"success": True, "data": {"messages": saved}})
    theirs = said_by("o1", "Hi (nabc)") + said_by("o2", "5") + said_by("m2", "4") + IDLE
    other = stream([(0.1, theirs)], probe=FOREIGN, label="other")
    if status == 200:
        heard = stream([(0.1, b"".join(parts))], probe=FOREIGN, label="finished 0")
    else:
        closed = Closed.COMPLETE if status else Closed.RESET
        heard = exchange(probe=FOREIGN, label="finished 0", status=status, closed=closed)
    facts = {FOREIGN: {"other": "nabc", "other task": "t-other"}}
    return judged("STREAM-035", history, other, heard, facts=facts)


def test_whatever_the_id_nothing_of_the_other_task_is_heard():
    assert with_id(USER, IDLE).outcome is Outcome.PASSED
    assert with_id(status=400).outcome is Outcome.PASSED
    assert with_id(USER, IDLE, event("thought", subject="nabc", description="")).reason == "foreign-event"
    assert with_id(USER, IDLE, event("status", status="t-other")).reason == "foreign-event"
    assert with_id(USER, said_by("o2", "5"), IDLE).reason == "foreign-event"


def test_what_need_not_be_saved_is_not_foreign_without_a_mark_of_the_other_task():
    assert with_id(USER, IDLE, event("done", finalResponse="2 + 2 = 4")).outcome is Outcome.PASSED
    assert with_id(USER, said_by("m2", "4"), IDLE).outcome is Outcome.PASSED
    assert with_id(USER, said_by("o2", "6"), IDLE).outcome is Outcome.PASSED
    assert with_id(USER, said_by("m2", "5"), IDLE).outcome is Outcome.PASSED


def test_a_reader_whose_odd_id_gets_no_stream_has_heard_nothing_foreign():
    assert with_id(status=500).reason == "zero-observations"
    assert with_id(status=None).reason == "zero-observations"


def large(saved: int, *parts: bytes) -> Verdict:
    content = "x" * saved
    body = {"success": True, "data": {"messages": [{"id": "m1", "role": "user", "content": content}]}}
    history = exchange(probe="large_event", label="history", body=body)
    heard = stream([(1.0, b"".join(parts))], probe="large_event", label="quick", ended=2.0)
    return judged("STREAM-024", heard, history)


def test_a_large_event_is_whole():
    def message(size: int) -> bytes:
        return event("history_message", id="m1", role="user", content="x" * size)

    assert large(1_200_000, message(1_200_000), IDLE).outcome is Outcome.PASSED
    assert large(1_200_000, message(1_100_000), IDLE).outcome is Outcome.WARNED
    assert large(1_200_000, message(1_200_000)[:-900], IDLE).outcome is Outcome.WARNED
    assert large(1_000, message(1_000), IDLE).reason == "stimulus-not-reached"


CALL = event("tool_call", callId="c", toolName="x", status="executing", args={})
RESULT = event("tool_result", callId="c", status="success", output="o")


def held(call_at: float, other_at: float, done_at: float | None = None) -> Verdict:
    facts = {"tool_task": {"attempt": "a"}}
    first = [(0.0, USER + LIVE), (call_at, CALL), (2.0, RESULT), (2.1, DONE)]
    second = [(0.0, USER + LIVE), (call_at, CALL), (other_at, RESULT), (done_at or other_at + 0.1, DONE)]
    return judged(
        "STREAM-023",
        stream(first, probe="tool_task", label="a: whole", ended=3.0),
        stream(second, probe="tool_task", label="a: joins after 0.0 s", ended=5.0),
        facts=facts,
    )


def test_events_are_written_when_they_happen():
    assert held(1.0, 2.0).outcome is Outcome.PASSED
    assert held(1.99, 2.0).reason == "held-back"
    assert held(1.0, 3.0).reason == "held-back"


def test_one_late_event_among_others_is_noise():
    assert held(1.0, 2.0, done_at=3.0).reason == "timing-noise"


def waiting(marker: float, **first) -> Verdict:
    chunks = [(0.0, USER), (marker, LIVE)]
    answers = [
        replace(exchange(probe=probe, label=label), started=3 * SECOND)
        for probe, label in (("approve_once", "approve"), ("heartbeat_window", "cancel with a body"))
    ]
    readers = [
        stream(chunks, probe="approve_once", label="joins while waiting", ended=6.0),
        stream(chunks, probe="heartbeat_window", label="late", ended=6.0),
    ]
    if first:
        readers[0] = exchange(
            operation="stream_task", probe="approve_once", label="joins while waiting", ended=2.0, **first
        )
    return judged("STREAM-022", *readers, *answers)


def test_the_history_does_not_wait_for_an_event():
    assert waiting(0.1).outcome is Outcome.PASSED
    assert waiting(3.1).outcome is Outcome.WARNED


def test_a_head_that_never_comes_while_nothing_happens_is_held_back():
    assert waiting(0.1, status=None, closed=Closed.DEADLINE).reason == "held-back"
    assert waiting(0.1, status=None, closed=Closed.REFUSED).outcome is Outcome.BLOCKED
    assert waiting(0.1, status=404).outcome is Outcome.BLOCKED


def expiring(*times: float, status: int = 401) -> Verdict:
    probe = "token_ends_while_streaming"
    chunks = [(0.1, USER + LIVE), *((at, RESULT) for at in times), (times[-1], DONE)]
    return judged(
        "STREAM-031",
        exchange(probe=probe, label="token 1", ended=0.0),
        stream(chunks, probe=probe, label="stream 1", ended=9.0),
        exchange(probe=probe, label="expired 1", status=status),
        facts={probe: {"stream": "stream 1"}},
        reference=True,
    )


def test_a_stream_outlives_its_token():
    assert expiring(1.0, 4.0).outcome is Outcome.PASSED
    assert expiring(1.0, 2.0).outcome is Outcome.FAILED
    assert expiring(1.0, 4.0, status=200).reason == "control-failed"
