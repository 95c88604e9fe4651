from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import (
    IDLE,
    LIVE,
    USER,
    call,
    content,
    done,
    event,
    exchange,
    judged,
    outcome_of,
    result,
    stream,
)

WINDOW = "heartbeat_window"


def back(*parts: bytes, before: bytes = USER + LIVE) -> Verdict:
    """Of a reader who was cut off, and what was heard on the new connection."""
    return judged(
        "PHASE-009",
        stream([(0.0, before)], probe=WINDOW, label="before the reset", closed=Closed.RESET),
        stream([(1.0, b"".join(parts))], probe=WINDOW, label="reconnected", ended=2.0),
        facts={WINDOW: {"word": "w0rd"}},
    )


def test_who_comes_back_gets_the_history_and_the_running_call():
    running = call("c", args={"command": "sleep 60; echo w0rd"})

    assert back(USER, LIVE, running).outcome is Outcome.PASSED
    assert back(LIVE, running).reason == "not-replayed"
    assert back(USER, running).reason == "not-replayed"
    assert back(USER, LIVE, call("c", args={"command": "sleep 60"})).reason == "not-replayed"
    assert back(USER, LIVE, content("w0rd")).reason == "not-replayed"


def test_who_comes_back_when_all_is_over_shows_nothing():
    over = back(USER, IDLE)

    assert (over.outcome, over.reason) == (Outcome.INCONCLUSIVE, "stimulus-not-reached")
    unsaid = event("history_done", messageCount=1)
    assert back(USER, unsaid).reason == "not-replayed"


def joined(*texts: str, whole: tuple[str, ...]) -> Verdict:
    def heard(label: str, *said: str) -> Exchange:
        body = b"".join([USER, LIVE, *map(content, said), done(said[-1])])
        return stream([(1.0, body)], probe="tool_task", label=f"1: {label}", ended=2.0)

    facts = {"tool_task": {"attempt": "1"}}
    return judged("PHASE-014", heard("whole", *whole), heard("joins late", *texts), facts=facts)


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (("One two", "One two three"), None),
        (("One two three",), None),
        (("One", "One two"), "seam-broken"),
        (("One", "One other", "One two"), "seam-broken"),
    ],
)
def test_of_texts_that_grow_the_last_is_all_there_is_to_lose(texts, reason):
    assert joined(*texts, whole=("One", "One two", "One two three")).reason == reason


@pytest.mark.parametrize(("texts", "reason"), [(("One two",), None), (("One",), "seam-broken")])
def test_two_texts_may_grow_already(texts, reason):
    assert joined(*texts, whole=("One", "One two")).reason == reason


def test_a_single_text_does_not_grow():
    assert joined("One ", "two", whole=("One two",)).reason is None


def agree(heard_at: float, *, by_both: bool) -> str:
    """Of one who was there and one who joins at 1 s, when a result was heard at a time, by one or by both."""
    calls, end = call("c"), done("x")
    late = (result("c", "o"),) if by_both else ()
    readers = [
        stream(
            [(0.5, USER + LIVE + calls), (heard_at, result("c", "o")), (4.0, end)],
            probe="tool_task",
            label="1: whole",
        ),
        stream([(1.0, USER + LIVE), (4.0, b"".join([*late, end]))], probe="tool_task", label="1: joins"),
        *(
            stream([(0.0, USER + LIVE + end)], probe="easy_task", label=label)
            for label in ("first reader", "second reader")
        ),
    ]
    return outcome_of(judged("PHASE-015", *readers, facts={"tool_task": {"attempt": "1"}}))


def test_right_at_the_join_readers_are_not_compared():
    assert agree(1.25, by_both=False) == "passed"
    assert agree(1.250000001, by_both=False) == "readers-differ"
    assert agree(1.250000001, by_both=True) == "passed"


def caught_up(*later: bytes) -> str:
    """Of a reader who joined after a call and its result, and what came a moment after the marker."""
    calls = call("c") + result("c", "o")
    whole = [(1.0, USER + LIVE), (2.0, calls + content("One ")), (4.0, content("two.") + done("One two."))]
    late = [(3.0, USER + LIVE), (3.1, b"".join(later)), (4.0, content("two.") + done("One two."))]
    return outcome_of(
        judged(
            "PHASE-020",
            stream(whole, probe="tool_task", label="1: whole"),
            stream(late, probe="tool_task", label="1: joins late"),
            facts={"tool_task": {"attempt": "1"}},
        )
    )


def test_the_text_of_a_catch_up_may_come_a_moment_after_the_marker():
    calls = call("c") + result("c", "o")

    assert caught_up(content("One "), calls) == "passed"
    assert caught_up(content("On"), content("e "), calls) == "other-form"
    assert caught_up(content("Two "), calls) == "other-form"


ONE, TWO = content("One ", partial=True), content("two.", partial=False)
CALL = event("tool_call", callId="c", toolName="t", status="executing", args={})
RESULT = event("tool_result", callId="c", status="success", output="o")


def caught_up_with(*caught_up: bytes, live: bytes = TWO) -> Verdict:
    end = event("done", finalResponse="One two.")
    calls = CALL + RESULT
    whole = stream(
        [(1.0, USER + LIVE), (2.0, calls + ONE), (4.0, TWO + end)], probe="tool_task", label="1: whole"
    )
    late = stream(
        [(3.0, b"".join([USER, LIVE, *caught_up])), (4.0, live + end)],
        probe="tool_task",
        label="1: joins late",
    )
    return judged("PHASE-020", whole, late, facts={"tool_task": {"attempt": "1"}})


@pytest.mark.parametrize(
    ("caught_up", "reason"),
    [
        ((CALL, RESULT, ONE), None),
        ((ONE, CALL, RESULT), None),
        ((CALL, RESULT, content("One ", partial=False)), "other-form"),
        ((CALL, RESULT, content("On", partial=True), content("e ", partial=True)), "other-form"),
    ],
    ids=["text after", "text before", "not partial", "in pieces"],
)
def test_the_text_of_a_catch_up_is_one_partial_piece_wherever_it_stands(caught_up, reason):
    assert caught_up_with(*caught_up).reason == reason


def test_no_stream_at_all_is_none_open():
    found = judged("PHASE-025", facts={"tool_task": {"attempt": "1"}})

    assert (found.reason, found.observed) == ("stimulus-not-reached", "only 0 streams were open at once")


def test_nine_streams_are_not_ten():
    nine = [
        stream([(1.0, USER + LIVE)], probe="tool_task", label=f"1: {number}", ended=3.0)
        for number in range(9)
    ]

    found = judged("PHASE-025", *nine, facts={"tool_task": {"attempt": "1"}})

    assert found.observed == "only 9 streams were open at once"


def opened(label: str, *, status: int = 200, ended: float = 3.0) -> Exchange:
    if status != 200:
        return exchange(operation="stream_task", probe="tool_task", label=f"1: {label}", status=status)
    return stream([(1.0, USER + LIVE)], probe="tool_task", label=f"1: {label}", ended=ended)


def test_a_refused_stream_is_told_although_fewer_were_open_at_once():
    facts = {"tool_task": {"attempt": "1"}}
    ten = [opened(str(number)) for number in range(10)]
    refused = [opened(f"{number} more", status=409) for number in range(6)]

    assert judged("PHASE-025", *ten, facts=facts).outcome is Outcome.PASSED
    assert judged("PHASE-025", *ten[:5], facts=facts).reason == "stimulus-not-reached"
    assert judged("PHASE-025", *ten[:5], *refused, facts=facts).reason == "refused"


def storm(before: float, after: float, *, cut: int = 150) -> str:
    probe = "connection_storm"
    hung = stream([(0.1, b"")], probe=probe, label="cut off", closed=Closed.HUNG_UP)
    around = [
        stream([(0.1, USER + IDLE)], probe=probe, label=label, ended=seconds)
        for label, seconds in (("before", before), ("after", after))
    ]
    return outcome_of(judged("PHASE-026", *around, *[hung] * cut))


def test_after_a_storm_a_stream_may_take_five_times_as_long():
    assert storm(1.0, 5.0) == "passed"
    assert storm(1.0, 5.1) == "slowed-or-broken"
    assert storm(0.1, 2.0) == "passed"
    assert storm(0.1, 2.0, cut=149) == "stimulus-not-reached"


def storm_with_lag(again: float, lag: float) -> Verdict:
    probe = "connection_storm"
    hung = stream([(0.1, b"")], probe=probe, label="cut off", closed=Closed.HUNG_UP)
    before = stream([(0.1, USER + IDLE)], probe=probe, label="before", ended=0.2)
    after = stream([(0.1, USER + IDLE)], probe=probe, label="after", ended=again)
    return judged("PHASE-026", before, *[hung] * 150, after, lag=lag)


def test_a_late_harness_is_allowed_for_three_times():
    assert storm_with_lag(4.9, lag=1.0).outcome is Outcome.PASSED
    assert storm_with_lag(5.1, lag=1.0).reason == "slowed-or-broken"
    assert storm_with_lag(2.1, lag=0.0).reason == "slowed-or-broken"


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


def reader(name: str, *parts: bytes, ended: float = 5.0, **more) -> Exchange:
    return stream([(1.0, b"".join(parts))], probe="many_events", label=f"1: {name}", ended=ended, **more)


def replace_content(finished: Exchange, text: str) -> Exchange:
    output = {"success": True, "data": {"id": "t", "status": "cancelled", "output": {"content": text}}}
    return exchange(probe=finished.probe, label=finished.label, body=output)


TEXT = "".join(f"{number} " for number in range(120))
FINISHED = exchange(
    probe="many_events",
    label="finished",
    body={"success": True, "data": {"id": "t", "status": "completed", "output": {"content": TEXT}}},
)
DONE = event("done", finalResponse=TEXT)
MANY = [event("content", text=f"{number} ", isPartial=number < 119) for number in range(120)]
ALL = (USER, LIVE, *MANY, DONE)
QUICK = reader("quick", *ALL)
PAUSING = reader("pausing", *ALL, ended=8.0)
LEFT = reader("leaving", USER, LIVE, closed=Closed.HUNG_UP)
FACTS = {"many_events": {"attempt": 1}}


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
