from dataclasses import replace

import pytest

from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.checks.recordings import act
from tests.conformance.kit import (
    LIVE,
    USER,
    content,
    done,
    event,
    judged,
    outcome_of,
    stream,
)


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


@pytest.mark.parametrize(("status", "outcome"), [(200, "zero-observations"), (409, "call-without-result")])
def test_a_cancelled_run_whose_stream_ends_with_done_may_lack_a_result(status, outcome):
    heard = stream(
        [(1.0, b"".join([USER, LIVE, CALL, done("")]))],
        ended=1.1,
        target="/api/v1/tasks/t/stream",
        probe="tool_task",
    )
    asked = replace(act("cancel_task", 0.5, status=status), probe="tool_task")

    assert outcome_of(judged("EVENT-021", heard, asked)) == outcome
