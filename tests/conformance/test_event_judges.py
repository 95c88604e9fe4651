"""What one run says as a whole, and the form of a catch-up: breaches that a judge must not miss."""

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import LIVE, USER, content, event, exchange, judged, stream


def run_that_answered(*pieces: bytes, done: str, label: str = "first reader") -> Exchange:
    body = b"".join([USER, LIVE, *pieces, event("done", finalResponse=done)])
    return stream([(1.0, body)], probe="easy_task", label=label, ended=1.1)


ONE, TWO = content("One ", partial=True), content("two.", partial=False)
CALL = event("tool_call", callId="c", toolName="t", status="executing", args={})
RESULT = event("tool_result", callId="c", status="success", output="o")


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        ([((ONE, TWO), "One two."), ((ONE, TWO), "One two.")], None),
        ([((ONE, TWO), "One two."), ((ONE, TWO), "two.")], "two-relations"),
        ([((ONE, TWO), "One two."), ((ONE, TWO), "Done.")], "two-relations"),
        ([((ONE, TWO), "Done."), ((ONE, TWO), "One two."), ((ONE, TWO), "Done.")], "two-relations"),
        ([((ONE, TWO), "I said it."), ((ONE, TWO), "That is all.")], None),
        ([((ONE, TWO), "two."), ((TWO,), "two.")], None),
        ([((ONE, TWO), "One two."), ((content(" One", partial=False),), "One")], None),
        ([((ONE, CALL, RESULT, TWO), "two."), ((ONE, CALL, RESULT, ONE, TWO), "One two.")], None),
        ([((ONE, TWO), "One two."), ((), "")], None),
    ],
    ids=[
        "whole",
        "last",
        "own",
        "own first",
        "always own",
        "always last",
        "trimmed",
        "since the call",
        "no content",
    ],
)
def test_the_final_response_stands_in_one_relation(runs, reason):
    streams = [run_that_answered(*pieces, done=done, label=str(n)) for n, (pieces, done) in enumerate(runs)]

    assert judged("EVENT-016", *streams).reason == reason


@pytest.mark.parametrize(
    ("pieces", "holds"),
    [
        ((ONE, TWO), True),
        ((ONE, content("two.", partial=True)), False),
        ((content("One ", partial=False), TWO), False),
        ((content("One ", partial=False), CALL, RESULT, TWO), True),
    ],
    ids=["as decided", "never the last", "never partial", "an answer before a call"],
)
def test_a_piece_is_partial_as_long_as_another_follows(pieces, holds):
    found = judged("EVENT-019", run_that_answered(*pieces, done="x"))

    assert found.reason == (None if holds else "wrong-is-partial")


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
