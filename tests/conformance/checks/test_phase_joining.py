from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.checks.many_events import FACTS, FINISHED, PAUSING, QUICK, reader
from tests.conformance.kit import (
    IDLE,
    LIVE,
    SECOND,
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
    return judged("PHASE-014", heard("whole", *whole), heard("joins after 1 s", *texts), facts=facts)


CALLS = call("c") + result("c", "o")


def caught_up(*parts: bytes, after: float = 0.0, asked: float = 2.5) -> str:
    """Of a reader who asked when a call and a text were out, and what came so long after the marker."""
    end = content("two.", partial=False) + done("One two.")
    whole = [(1.0, USER + LIVE), (2.0, CALLS + content("One ")), (4.0, end)]
    late = [(3.0, USER + LIVE), (3.0 + after, b"".join(parts)), (4.0, end)]
    joined = stream(late, probe="tool_task", label="1: joins after 1 s")
    return outcome_of(
        judged(
            "PHASE-020",
            stream(whole, probe="tool_task", label="1: whole"),
            replace(joined, started=round(asked * SECOND)),
            facts={"tool_task": {"attempt": "1"}},
        )
    )


@pytest.mark.parametrize(
    ("parts", "after", "outcome"),
    [
        ((CALLS, content("One ")), 0.0, "passed"),
        ((content("One "), CALLS), 0.0, "passed"),
        ((CALLS, content("One ", partial=False)), 0.0, "other-form"),
        ((CALLS, content("On"), content("e ")), 0.0, "other-form"),
        ((content("One "), CALLS), 0.1, "passed"),
        ((content("On"), content("e "), CALLS), 0.1, "other-form"),
        ((content("Two "), CALLS), 0.1, "other-form"),
        ((CALLS, content("One "), content("two", partial=False)), 0.0, "passed"),
    ],
    ids=[
        "text last",
        "text first",
        "not partial",
        "in pieces",
        "later",
        "later in pieces",
        "another text",
        "live behind it",
    ],
)
def test_the_text_of_a_catch_up_is_one_partial_piece_wherever_it_stands(parts, after, outcome):
    assert caught_up(*parts, after=after) == outcome


def test_who_asked_before_a_call_was_out_may_hear_live_text_before_it():
    assert caught_up(content("On"), content("e "), CALLS, after=0.1, asked=1.9) == "zero-observations"


def test_no_stream_at_all_is_none_open():
    found = judged("PHASE-025", facts={"tool_task": {"attempt": "1"}})

    assert (found.reason, found.observed) == (
        "stimulus-not-reached",
        "only 0 streams were open at the same time",
    )


def test_nine_streams_are_not_ten():
    nine = [
        stream([(1.0, USER + LIVE)], probe="tool_task", label=f"1: {number}", ended=3.0)
        for number in range(9)
    ]

    found = judged("PHASE-025", *nine, facts={"tool_task": {"attempt": "1"}})

    assert found.observed == "only 9 streams were open at the same time"


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


AGAIN = stream([(0.1, USER + IDLE)])


def storm(before: float, after: float, *, cut: int = 150, lag: float = 0.0, then: Exchange = AGAIN) -> str:
    """Of streams that took so many seconds before and after connections that were cut off."""
    probe = "connection_storm"
    hung = stream([(0.1, b"")], probe=probe, label="cut off", closed=Closed.HUNG_UP)
    first = stream([(0.1, USER + IDLE)], probe=probe, label="before", ended=before)
    last = replace(then, probe=probe, label="after", ended=round(after * SECOND))
    return outcome_of(judged("PHASE-026", first, *[hung] * cut, last, lag=lag))


@pytest.mark.parametrize(
    ("before", "after", "more", "outcome"),
    [
        (0.2, 0.3, {}, "passed"),
        (1.0, 5.0, {}, "passed"),
        (1.0, 5.1, {}, "slowed-or-broken"),
        (0.1, 2.0, {}, "passed"),
        (0.2, 2.1, {}, "slowed-or-broken"),
        (0.2, 30.0, {}, "slowed-or-broken"),
        (0.2, 4.9, {"lag": 1.0}, "passed"),
        (0.2, 5.1, {"lag": 1.0}, "slowed-or-broken"),
        (0.1, 2.0, {"cut": 149}, "stimulus-not-reached"),
        (0.2, 0.3, {"then": stream([(0.1, IDLE)])}, "slowed-or-broken"),
        (0.2, 0.3, {"then": exchange(status=503)}, "slowed-or-broken"),
    ],
)
def test_after_a_storm_a_stream_is_whole_and_takes_five_times_as_long_at_most(before, after, more, outcome):
    assert storm(before, after, **more) == outcome


def replace_content(finished: Exchange, text: str) -> Exchange:
    output = {"success": True, "data": {"id": "t", "status": "cancelled", "output": {"content": text}}}
    return exchange(probe=finished.probe, label=finished.label, body=output)


LEFT = reader("leaving", USER, LIVE, closed=Closed.HUNG_UP)


def test_an_answer_that_is_saved_in_other_words_is_not_held_against_its_readers():
    summary = replace_content(FINISHED, "I have counted.")

    assert judged("PHASE-028", QUICK, PAUSING, LEFT, summary, facts=FACTS).reason == "zero-observations"
