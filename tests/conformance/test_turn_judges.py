"""Turns of a task's life and saved messages: a record that holds, and the same with one thing wrong."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import IDLE, LIVE, answered, done, event, judged, stream

SLOW = {"slow_follow_up": {"seconds": 2, "word": "nword"}}


def slow(took: float, *chunks: tuple[float, bytes], told: str = "running", **fields: Any) -> list[Exchange]:
    """A follow-up sent at 0, its run heard from 1 to 4 s, and what get_task told at 1.5 s."""
    probe: dict[str, Any] = {"probe": "slow_follow_up"}
    task = {"id": "t", "status": told, "completedAt": None} | fields
    return [
        answered({}, took=took, label="follow-up", operation="send_message", **probe),
        stream(list(chunks), label="run of follow-up", ended=4.1, **probe),
        answered(task, at=1.5, label="right after", **probe),
        answered(task, at=2.0, label="meanwhile", **probe),
        answered({"id": "t", "completedAt": "2026-01-26T15:50:54.870Z"}, at=5, label="at the end", **probe),
    ]


HEARD = ((1.0, LIVE), (4.0, done("a")))


def test_a_follow_up_answers_before_the_end():
    assert judged("FOLLOWUP-006", *slow(0.1, *HEARD), facts=SLOW).outcome is Outcome.PASSED
    assert judged("FOLLOWUP-006", *slow(3.0, (3.1, IDLE)), facts=SLOW).reason == "answered-late"
    assert judged("FOLLOWUP-006", *slow(4.5, *HEARD), facts=SLOW).reason == "answered-late"
    assert judged("FOLLOWUP-006", *slow(0.1, (3.1, IDLE)), facts=SLOW).reason == "stimulus-not-reached"


def test_a_followed_up_task_goes_through_running():
    assert judged("STATE-008", *slow(0.1, *HEARD), facts=SLOW).outcome is Outcome.PASSED
    assert judged("STATE-008", *slow(0.1, *HEARD, told="completed"), facts=SLOW).outcome is Outcome.WARNED
    assert judged("STATE-008", *slow(0.1, (3.1, IDLE)), facts=SLOW).reason == "stimulus-not-reached"


def test_a_follow_up_takes_the_completion_back():
    late = "2026-01-26T15:50:54.870Z"

    assert judged("FOLLOWUP-017", *slow(0.1, *HEARD), facts=SLOW).outcome is Outcome.PASSED
    assert judged("FOLLOWUP-017", *slow(0.1, *HEARD, completedAt=late), facts=SLOW).reason == "not-reset"


def refusals(status: int, saved: int) -> list[Exchange]:
    probe: dict[str, Any] = {"probe": "slow_follow_up"}
    messages = [{"id": str(number), "role": "user", "content": "x"} for number in range(saved)]
    error = {"message": "no", "code": "VALIDATION_ERROR"}
    return [
        answered({"messages": messages[:1]}, label="history before", **probe),
        *(answered(error, status=status, label=f"field: {name}", **probe) for name in ("env", "autoExecute")),
        answered({"messages": messages}, label="history after fields", **probe),
        answered({}, label="follow-up", **probe),
    ]


def test_fields_of_a_creation_are_refused_in_a_follow_up_without_a_trace():
    assert judged("FOLLOWUP-018", *refusals(400, 1)).outcome is Outcome.PASSED
    assert judged("FOLLOWUP-018", *refusals(200, 1)).reason == "accepted"
    assert judged("FOLLOWUP-018", *refusals(400, 2)).reason == "half-taken"


def failing(status: str, error: Any, end: bytes, *, closed: Closed = Closed.COMPLETE) -> list[Exchange]:
    probe: dict[str, Any] = {"probe": "failing_task"}
    return [
        stream([(0.1, LIVE + end)], ended=0.5, closed=closed, target="/api/v1/tasks/t/stream", **probe),
        answered({"id": "t", "status": status, "error": error}, at=1.0, label="failed", **probe),
    ]


ERROR = event("error", message="no", code="X")


@pytest.mark.parametrize(
    ("row", "exchanges", "reason"),
    [
        ("EVENT-027", failing("failed", "no", ERROR), None),
        ("EVENT-027", failing("completed", "no", ERROR), "not-failed"),
        ("EVENT-027", failing("failed", None, ERROR), "not-failed"),
        ("PHASE-027", failing("failed", "no", ERROR), None),
        ("PHASE-027", failing("failed", "no", b""), "silent-end"),
        ("PHASE-027", failing("failed", "no", done("a")), "silent-end"),
        ("STATE-007", failing("failed", "The model is overloaded: 429 and/or busy", ERROR), None),
        ("STATE-007", failing("failed", "open /srv/app/data/t.json failed", ERROR), "not-for-people"),
        ("STATE-007", failing("failed", 'File "agent.py", line 7', ERROR), "not-for-people"),
        ("STATE-007", failing("failed", "", ERROR), "not-for-people"),
    ],
)
def test_a_run_that_fails(row, exchanges, reason):
    found = judged(row, *exchanges)

    assert (found.outcome is Outcome.PASSED, found.reason) == (reason is None, reason)


START = event("subagent_start", agentName="w", displayName="W", description="d", objective="o")
TOOL = event("subagent_tool", agentName="w", status="start", toolName="x")
END = event("subagent_end", agentName="w", terminateReason="GOAL", result="r")


@pytest.mark.parametrize(
    ("row", "parts", "good"),
    [
        ("EVENT-009", (START,), True),
        ("EVENT-009", (event("subagent_start", agentName="w"),), False),
        ("EVENT-010", (event("subagent_thought", agentName="w", text="t"),), True),
        ("EVENT-010", (event("subagent_thought", agentName="w"),), False),
        ("EVENT-011", (TOOL,), True),
        ("EVENT-011", (event("subagent_tool", agentName="w", status=1, toolName="x"),), False),
        ("EVENT-012", (END,), True),
        ("EVENT-012", (event("subagent_end", agentName="w", result="r"),), False),
        ("EVENT-024", (START, TOOL, END), True),
        ("EVENT-024", (TOOL, START, END), False),
        ("EVENT-024", (START, END, TOOL), False),
        ("EVENT-025", (TOOL,), True),
        ("EVENT-025", (TOOL, event("subagent_tool", agentName="w", status="success", toolName="x")), False),
        ("EVENT-025", (event("subagent_tool", agentName="w", status="odd", toolName="x"),), False),
    ],
)
def test_subagents(row, parts, good):
    found = judged(row, stream([(0.1, LIVE + b"".join(parts) + done("a"))], probe="subagents", ended=0.5))

    kept = Outcome.INFO if row == "EVENT-025" else Outcome.PASSED
    assert found.outcome is (kept if good else Outcome.WARNED)


def conversation(*messages: dict, probe: str = "easy_task", label: str = "history", **more: Any) -> Exchange:
    entries = [{"id": str(number), "content": "x"} | each for number, each in enumerate(messages)]
    return answered(
        {"taskId": "t", "status": "completed", "messages": entries},
        operation="get_task_history",
        probe=probe,
        label=label,
        **more,
    )


def bracketed_statuses(before: str, after: str, history: str = "completed") -> Verdict:
    middle = conversation({"role": "user"}, at=1.0)
    body = middle.chunks[0].data.replace(b'"completed"', f'"{history}"'.encode())
    middle = replace(middle, chunks=(replace(middle.chunks[0], data=body),))
    return judged(
        "HISTORY-003",
        answered({"id": "t", "status": before}),
        middle,
        answered({"id": "t", "status": after}, at=2.0),
    )


def test_the_status_of_a_history_is_that_of_the_task():
    assert bracketed_statuses("completed", "completed").outcome is Outcome.PASSED
    assert bracketed_statuses("completed", "completed", "running").reason == "stale-status"
    assert bracketed_statuses("running", "completed", "running").reason == "zero-observations"


FILE = {"name": "a.csv", "path": "uploads/a.csv"}


@pytest.mark.parametrize(
    ("row", "messages", "outcome"),
    [
        ("HISTORY-010", [{"role": "user"}, {"role": "assistant", "thoughts": []}], Outcome.PASSED),
        ("HISTORY-010", [{"role": "user", "thoughts": []}], Outcome.FAILED),
        ("HISTORY-012", [{"role": "user", "attachedFiles": [FILE]}], Outcome.PASSED),
        ("HISTORY-012", [{"role": "user", "attachedFiles": [FILE | {"path": "/srv/a.csv"}]}], Outcome.WARNED),
        ("HISTORY-012", [{"role": "user", "attachedFiles": [FILE | {"path": "../a.csv"}]}], Outcome.WARNED),
        ("HISTORY-012", [{"role": "user", "attachedFiles": [FILE | {"name": ""}]}], Outcome.WARNED),
        (
            "HISTORY-014",
            [{"role": "assistant", "toolCalls": [{"args": {}, "output": "o"}, {}]}],
            Outcome.WARNED,
        ),
        ("HISTORY-014", [{"role": "assistant", "toolCalls": [{"args": {}}]}], Outcome.WARNED),
        ("HISTORY-014", [{"role": "assistant", "toolCalls": [{}, {}]}], Outcome.INFO),
    ],
)
def test_saved_messages(row, messages, outcome):
    assert judged(row, conversation(*messages)).outcome is outcome


def times(second: str, answer: str, first: str = "11", read_first: str = "11") -> Verdict:
    """Two turns: created at 10, followed up at 20, answered at 25 s; the first answer, as read before too."""

    def at(seconds: str) -> str:
        return f"2026-01-26T15:50:{seconds}.000Z"

    saved = conversation(
        {"role": "user", "createdAt": at("10")},
        {"id": "m2", "role": "assistant", "createdAt": at(first)},
        {"role": "user", "createdAt": at(second)},
        {"role": "assistant", "createdAt": at(answer)},
        probe="follow_up",
        label="history after",
    )
    before = conversation(
        {"role": "user", "createdAt": at("10")},
        {"id": "m2", "role": "assistant", "createdAt": at(read_first)},
        probe="follow_up",
        label="history before",
    )
    told = {"id": "t", "createdAt": at("10"), "startedAt": at("20"), "completedAt": at("25")}
    return judged("HISTORY-020", before, saved, answered(told, probe="follow_up", label="after"))


def test_times_of_messages_follow_one_reading():
    assert times("20", "25").observed.startswith("own_time")
    assert times("10", "20").observed.startswith("task_time")
    assert times("10", "25").reason == "two-readings"


def test_a_time_that_changes_from_reading_to_reading_is_no_message_s_own():
    assert times("26", "26", first="26", read_first="12").reason == "no-reading"
    # Who repeats the task's startedAt repeats the new one after a follow-up.
    assert times("10", "20", first="20", read_first="10").observed.startswith("task_time")


def pending(told: str, marker: bytes) -> Verdict:
    probe: dict[str, Any] = {"probe": "pending_task"}
    return judged(
        "PHASE-018",
        answered({"id": "t", "status": told}, label="right after the creation", **probe),
        stream([(1.0, marker), (2.0, done("a"))], label="run", ended=2.1, **probe),
        answered({"id": "t", "status": "completed"}, at=3.0, label="finished", **probe),
    )


def test_the_stream_of_a_pending_task():
    assert pending("pending", LIVE).outcome is Outcome.PASSED
    assert pending("pending", IDLE).reason == "not-followed"
    assert pending("running", LIVE).reason == "stimulus-not-reached"


def cancelled_while_waiting(told: str, path: str = "other.txt") -> Verdict:
    probe: dict[str, Any] = {"probe": "heartbeat_while_waiting"}
    return judged(
        "CANCEL-011",
        answered({}, label="cancel", **probe),
        answered({"id": "t", "status": told}, label="after the cancellation", **probe),
        answered({"files": [{"path": path}]}, label="files after the cancellation", **probe),
        facts={"heartbeat_while_waiting": {"word": "nword"}},
    )


def test_a_waiting_call_of_a_cancelled_task_never_runs():
    assert cancelled_while_waiting("cancelled").outcome is Outcome.PASSED
    assert cancelled_while_waiting("awaiting_approval").reason == "not-cancelled"
    assert cancelled_while_waiting("cancelled", "nword.txt").reason == "ran-although-cancelled"
