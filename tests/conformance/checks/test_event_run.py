from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.checks.recordings import ERROR, act, failing
from tests.conformance.kit import (
    LIVE,
    USER,
    at,
    content,
    done,
    event,
    judged,
    ok,
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


def test_a_first_text_that_is_empty_makes_no_growing_text():
    heard = stream(
        [(0.0, USER + LIVE + content("") + content("a") + done("a"))], probe="easy_task", label="r"
    )

    assert judged("EVENT-018", heard).observed == "a delta"


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


STARTS, USES, ENDS = (
    event(f"subagent_{kind}", agentName="w", status="start", toolName="x")
    for kind in ("start", "tool", "end")
)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((STARTS, STARTS, ENDS, USES, ENDS), "passed"),
        ((STARTS, STARTS, ENDS, ENDS, USES), "outside"),
        ((STARTS, ENDS, ENDS), "outside"),
    ],
)
def test_two_subagents_of_one_name_are_counted(parts, reason):
    assert (
        outcome_of(judged("EVENT-024", stream([(0.1, LIVE + b"".join(parts))], probe="subagents"))) == reason
    )


START = event("subagent_start", agentName="w", displayName="W", description="d", objective="o")
TOOL = event("subagent_tool", agentName="w", status="start", toolName="x")
END = event("subagent_end", agentName="w", terminateReason="GOAL", result="r")


@pytest.mark.parametrize(
    ("row", "parts", "good"),
    [
        ("EVENT-024", (START, TOOL, END), True),
        ("EVENT-024", (TOOL, START, END), False),
        ("EVENT-024", (START, END, TOOL), False),
    ],
)
def test_subagents(row, parts, good):
    found = judged(row, stream([(0.1, LIVE + b"".join(parts) + done("a"))], probe="subagents", ended=0.5))

    kept = Outcome.INFO if row == "EVENT-025" else Outcome.PASSED
    assert found.outcome is (kept if good else Outcome.WARNED)


def ends(*last: bytes, status: str = "completed", cancelled: bool = False) -> str:
    """Of a task whose run was heard to its end, and what get_task told of it then."""
    target = {"target": "/api/v1/tasks/t"}
    heard = stream(
        [(0.1, b"".join([USER, LIVE, *last]))],
        probe="failing_task",
        label="run",
        ended=0.5,
        target="/api/v1/tasks/t/stream",
    )
    asked = [ok("failing_task", "cancel", operation="cancel_task", **target)] if cancelled else []
    task = at(1.0, ok("failing_task", "after", {"status": status, "error": None}, **target))
    return outcome_of(judged("EVENT-027", heard, *asked, task))


def test_an_error_event_that_nobody_asked_for_fails_the_task():
    failed = event("error", message="no", code="X")

    assert ends(failed) == "not-failed"
    assert ends(failed, cancelled=True) == "zero-observations"
    assert ends(event("error", message="no", code="CANCELLED")) == "zero-observations"
    assert ends(done("x")) == "zero-observations"
    assert ends() == "zero-observations"


@pytest.mark.parametrize(
    ("row", "exchanges", "reason"),
    [
        ("EVENT-027", failing("failed", "no", ERROR), None),
        ("EVENT-027", failing("completed", "no", ERROR), "not-failed"),
        ("EVENT-027", failing("failed", None, ERROR), "not-failed"),
    ],
)
def test_a_run_that_fails(row, exchanges, reason):
    found = judged(row, *exchanges)

    assert (found.outcome is Outcome.PASSED, found.reason) == (reason is None, reason)


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
