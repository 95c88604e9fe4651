from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.transcript.transcript import Closed, Ending, Exchange
from tests.conformance.checks.recordings import told
from tests.conformance.kit import (
    IDLE,
    LEDGER,
    LIVE,
    REGISTRY,
    SECOND,
    USER,
    answered,
    at,
    call,
    decided,
    done,
    event,
    exchange,
    judged,
    ok,
    outcome_of,
    record,
    stream,
    success,
    verdict_on,
)


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


TIME = "2026-01-26T15:50:54.870Z"
USER_MESSAGE = {"id": "m1", "role": "user", "content": "Hi", "createdAt": TIME}
ANSWER = {"id": "m2", "role": "assistant", "content": "Hello", "createdAt": "2026-01-26T15:50:55.870Z"}


def history_then_replay(data: bytes, *, status: str = "completed", asked_first: bool = True) -> Verdict:
    """A history of two messages and a stream, asked for one after the other."""
    saved = success({"status": status, "messages": [USER_MESSAGE, ANSWER]})
    history = exchange(
        probe="easy_task", number=1, label="history", operation="get_task_history", body=saved, ended=1.0
    )
    made = stream([(3.0, data)], probe="easy_task", number=2, ended=3.1)
    if asked_first:
        made = replace(made, started=2_000_000_000)
    else:
        history = replace(history, started=4_000_000_000, ended=5_000_000_000)
    return judged("PHASE-001", history, made)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (told(USER_MESSAGE), "message-missing"),
        (told(ANSWER), "message-missing"),
        (told(), "message-missing"),
        (told(USER_MESSAGE, ANSWER | {"content": "Bye"}), "message-missing"),
        (told(USER_MESSAGE, USER_MESSAGE, ANSWER), "message-repeated"),
        (told(USER_MESSAGE, ANSWER, ANSWER), "message-repeated"),
        (told(ANSWER, USER_MESSAGE), "history-out-of-order"),
    ],
)
def test_a_replay_tells_each_saved_message_once(data, reason):
    assert decided(history_then_replay(data)) == (Outcome.FAILED, reason)


def test_a_message_that_the_marker_counts_and_nobody_told_is_missing():
    verdict = history_then_replay(told(streaming=True, number=1), asked_first=False)

    assert decided(verdict) == (Outcome.FAILED, "message-missing")


def test_messages_of_a_history_come_in_the_order_of_their_times():
    def message(minute: int | None) -> bytes:
        time = minute and f"2026-01-26T15:{minute:02}:54.870Z"
        return event("history_message", id=f"m{minute}", role="user", content=f"{minute}", createdAt=time)

    def told(*minutes: int | None) -> tuple[str, str]:
        body = b"".join([*map(message, minutes), event("history_done", messageCount=2, isStreaming=False)])
        found = judged("PHASE-001", stream([(0.0, body)], probe="easy_task"))
        return outcome_of(found), found.observed

    assert told(1, 2) == ("passed", "2 messages in order of time")
    assert told(2, 1) == ("history-out-of-order", "2 messages, not in order of time")
    # That each has a time is another row's.
    assert told(1, None, 2) == ("passed", "3 messages in order of time")
    assert told(2, None, 1) == ("history-out-of-order", "3 messages, not in order of time")


def attempt(
    row: str,
    data: bytes,
    *,
    closed: Closed = Closed.COMPLETE,
    status: str = "completed",
    ended: float = 3.0,
) -> Verdict:
    """The stream of an attempt at tool_task that came to nothing."""
    made = stream(
        [(1.0, data)], probe="tool_task", number=1, label="attempt 1: whole", ended=ended, closed=closed
    )
    after = exchange(
        probe="tool_task",
        number=2,
        label="attempt 1: after the reader vanished",
        body=success({"status": status}),
    )
    return verdict_on(row, record(made, after, ending=Ending.MISSED))


RESULT = event("tool_result", callId="c1", status="success", output="o")
BUSY = told(USER_MESSAGE, streaming=True)[: -len(event("done", finalResponse="Hello"))]
CALL = event("tool_call", callId="c1", toolName="t", status="executing", args={})


def test_a_run_that_ends_without_a_live_phase_or_done_is_noticed_although_the_attempt_came_to_nothing():
    broken = (Outcome.FAILED, "live-phase-missing")

    assert attempt("PHASE-006", BUSY + CALL + RESULT + done("Hello")).outcome is Outcome.PASSED
    assert decided(attempt("PHASE-006", BUSY + CALL + RESULT)) == broken
    assert decided(attempt("PHASE-006", told(USER_MESSAGE, streaming=True)[: len(BUSY) - 60])) == broken
    assert decided(attempt("PHASE-006", BUSY + CALL, closed=Closed.HUNG_UP)) == broken
    assert decided(attempt("PHASE-006", BUSY + done("Hello"), closed=Closed.HUNG_UP)) == broken
    assert decided(attempt("PHASE-006", BUSY + done("Hello"), closed=Closed.HUNG_UP, ended=50.0)) == broken


def test_a_live_phase_that_nobody_can_miss_is_not_held_against_the_target():
    unproven = [
        attempt("PHASE-006", told(USER_MESSAGE, ANSWER)),
        attempt("PHASE-006", BUSY, closed=Closed.RESET),
        attempt("PHASE-006", BUSY, closed=Closed.HUNG_UP, status="running"),
        attempt("PHASE-006", BUSY + CALL, closed=Closed.HUNG_UP, ended=50.0),
    ]

    assert {verdict.outcome for verdict in unproven} == {Outcome.INCONCLUSIVE}


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


FACTS = {
    "easy_task": {"message": "Hi"},
    "tool_task": {"message": "again", "attempt": "attempt 1", "vanished": "attempt 1"},
}


def heard(probe: str, label: str, *parts: bytes) -> Exchange:
    return stream([(1.0, b"".join(parts))], probe=probe, label=label, ended=1.1)


EASY = ("first reader", "second reader")


def said_by_user(message: str) -> bytes:
    return event(
        "history_message", id="m1", role="user", content=message, createdAt="2026-01-26T15:50:54.870Z"
    )


LATE = [heard("easy_task", label, said_by_user("Hi"), IDLE) for label in EASY]


def by_tools(label: str, *parts: bytes) -> Exchange:
    return heard("tool_task", f"attempt 1: {label}", *parts)


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ((said_by_user("again"), LIVE, done("Hello")), Outcome.PASSED),
        ((said_by_user("of another task"), LIVE, done("Hello")), Outcome.WARNED),
        ((said_by_user("again"), IDLE), Outcome.INCONCLUSIVE),
    ],
)
def test_the_beginning_is_looked_for_in_a_task_that_takes_time(parts, outcome):
    assert judged("PHASE-011", *LATE, by_tools("vanishing reader", *parts), facts=FACTS).outcome is outcome


def test_readers_who_were_there_decide_about_the_beginning():
    one, _ = LATE
    other = heard("easy_task", "second reader", said_by_user("of another task"), LIVE, done("Hello"))
    tools = by_tools("vanishing reader", said_by_user("again"), LIVE)

    assert judged("PHASE-011", one, other, tools, facts=FACTS).outcome is Outcome.WARNED


CONTENT = event("content", text="Hello", isPartial=False)
GOOD = [USER, LIVE, CALL, RESULT, CONTENT, done("Hello")]


def test_a_stream_that_the_harness_left_early_is_not_held_against_the_target():
    made = stream([(1.0, b"".join(GOOD))], probe="easy_task", ended=1.2, closed=Closed.HUNG_UP)
    seen = record(made, probes=("tool_task",))

    assert (
        adjudicate(REGISTRY.checks["PHASE-013"], LEDGER.by_id["PHASE-013"], seen).reason
        == "zero-observations"
    )


def pending(*told: str, marker: bytes) -> Verdict:
    """The verdict when so many tasks were read as they were told, and the stream of the last was followed."""
    probe: dict[str, Any] = {"probe": "pending_task"}
    return judged(
        "PHASE-018",
        *(
            answered(
                {"id": "t", "status": each}, label=f"attempt {number}: right after the creation", **probe
            )
            for number, each in enumerate(told, 1)
        ),
        stream([(1.0, marker), (2.0, done("a"))], label="run", ended=2.1, **probe),
        answered({"id": "t", "status": "completed"}, at=3.0, label="finished", **probe),
        noted={"number": len(told)},
    )


def test_the_stream_of_a_pending_task():
    assert pending("pending", marker=LIVE).outcome is Outcome.PASSED
    assert pending("pending", marker=IDLE).reason == "not-followed"
    assert pending("running", "pending", marker=LIVE).outcome is Outcome.PASSED
    assert pending("running", marker=LIVE).reason == "stimulus-not-reached"


def covered(*first: bytes, second: bytes = LIVE + done("a"), ended: float = 1.0) -> Verdict:
    probe: dict[str, Any] = {"probe": "follow_up"}
    return judged(
        "PHASE-021",
        stream([(0.1, b"".join(first))], label="first: stream", ended=ended, **probe),
        answered({}, at=2.0, label="follow-up", **probe),
        stream([(2.5, second)], label="run of follow-up", ended=3.0, **probe),
    )


def test_a_stream_covers_one_run():
    assert covered(LIVE, done("a")).outcome is Outcome.PASSED
    assert covered(LIVE, done("a"), ended=2.9).reason == "several-runs"
    assert covered(LIVE, done("a"), done("a")).reason == "several-runs"
    assert (
        covered(LIVE, done("a"), second=event("history_done", messageCount=3, isStreaming=False)).reason
        == "several-runs"
    )


def finished(probe: str, status: str) -> Exchange:
    body = {"success": True, "data": {"id": "t", "status": status}}
    return exchange(probe=probe, label="finished", body=body, number=9)


@pytest.mark.parametrize(("status", "outcome"), [("completed", Outcome.PASSED), ("running", Outcome.WARNED)])
def test_the_status_after_done_is_looked_for_in_a_task_that_takes_time(status, outcome):
    easy, tools = finished("easy_task", "completed"), finished("tool_task", status)
    whole = by_tools("whole", said_by_user("again"), LIVE, done("Hello"))

    assert judged("PHASE-023", *LATE, easy, whole, tools, facts=FACTS).outcome is outcome


def failed_run(ended: float = 0.5, *, task: str = "t", opened: float = 0.0) -> str:
    """Of a stream that was closed without a word, and a task t that was told as failed at 1 s."""
    heard = stream(
        [(opened, USER + LIVE)], probe="failing_task", ended=ended, target=f"/api/v1/tasks/{task}/stream"
    )
    told = ok("failing_task", "after", {"status": "failed", "error": "no"}, target="/api/v1/tasks/t")
    return outcome_of(judged("PHASE-027", replace(heard, started=round(opened * SECOND)), at(1.0, told)))


def test_the_run_that_failed_is_the_one_that_was_over_by_then():
    assert failed_run() == "silent-end"
    assert failed_run(ended=1.1) == "silent-end"
    assert failed_run(ended=1.2) == "zero-observations"
    assert failed_run(opened=1.0, ended=1.1) == "zero-observations"
    assert failed_run(task="u") == "zero-observations"


def test_a_run_before_the_one_that_failed_may_have_ended_with_done():
    probe: dict[str, Any] = {"probe": "failing_task"}
    first = stream([(0.1, LIVE + done("a"))], ended=0.5, target="/api/v1/tasks/t/stream", **probe)
    followed = answered(
        {"status": "running"},
        at=0.6,
        operation="send_message",
        method="POST",
        target="/api/v1/tasks/t/messages",
        **probe,
    )
    told = at(1.0, ok("failing_task", "after", {"status": "failed"}, target="/api/v1/tasks/t"))

    assert outcome_of(judged("PHASE-027", first, told)) == "silent-end"
    assert outcome_of(judged("PHASE-027", first, followed, told)) == "zero-observations"
