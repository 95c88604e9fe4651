"""Several calls, cancellations, connections: a record that holds, and the same with one thing wrong."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from tests.conformance.kit import LIVE, SECOND, answered, call, done, event, judged, result, stream

FACTS = {
    "approve_each": {
        "stream": "stream 1",
        "decisions": [
            {"call": "1", "tool": "list", "outcome": "proceed_once", "covered": False},
            {"call": "2", "tool": "shell", "outcome": "proceed_always", "covered": False},
            {"call": "4", "tool": "write", "outcome": "cancel", "covered": False},
        ],
    }
}
ONE, TWO, THREE, FOUR = (
    call("1", toolName="list", status="awaiting_approval"),
    call("2", toolName="shell", status="awaiting_approval"),
    call("3", toolName="shell", status="executing"),
    call("4", toolName="write", status="awaiting_approval"),
)
TEXT = event("content", text="First. ", isPartial=True)


def each(
    row: str, *parts: bytes, kept: tuple[str, ...] = ("1", "2", "3", "4"), content: str = "First. "
) -> Verdict:
    chunks = [(0.0, LIVE), *((1.0 + number, part) for number, part in enumerate((*parts, done("a"))))]
    output = {"content": content, "toolCalls": [{"callId": name} for name in kept]}
    others = [
        stream(
            [(0.0, LIVE + call("9", toolName="shell", status="awaiting_approval") + done("a"))],
            probe=probe,
            label=label,
        )
        for probe, label in (("approve_once", "once: stream"), ("approve_cancel", "refused: stream"))
    ]
    return judged(
        row,
        stream(chunks, probe="approve_each", label="stream 1", ended=9.0),
        answered(
            {"id": "t", "status": "completed", "output": output}, probe="approve_each", label="finished"
        ),
        *others,
        facts=FACTS,
    )


GOOD = (TEXT, ONE, TWO, THREE, FOUR)


@pytest.mark.parametrize(
    ("row", "parts", "reason"),
    [
        ("APPROVE-016", GOOD, None),
        (
            "APPROVE-016",
            (TEXT, call("1", toolName="list", status="executing"), TWO, THREE, FOUR),
            "ran-unasked",
        ),
        (
            "APPROVE-016",
            (TEXT, ONE, TWO, THREE, call("4", toolName="write", status="executing")),
            "ran-unasked",
        ),
        ("APPROVE-017", GOOD, None),
        (
            "APPROVE-017",
            (TEXT, ONE, TWO, call("3", toolName="shell", status="awaiting_approval"), FOUR),
            "other-scope",
        ),
        (
            "APPROVE-017",
            (TEXT, ONE, TWO, THREE, call("4", toolName="write", status="executing")),
            "other-scope",
        ),
        ("APPROVE-017", (TEXT, ONE, TWO, THREE), "stimulus-not-reached"),
        ("APPROVE-021", GOOD, None),
    ],
)
def test_several_calls(row, parts, reason):
    found = each(row, *parts)

    assert (found.outcome is Outcome.PASSED, found.reason) == (reason is None, reason)


def test_output_survives_a_refused_call():
    assert each("APPROVE-021", *GOOD, kept=("2", "3")).reason == "output-lost"
    assert each("APPROVE-021", *GOOD, content="").reason == "output-lost"


def test_a_call_id_is_percent_decoded():
    for status, outcome in ((200, Outcome.PASSED), (404, Outcome.FAILED)):
        answer = answered({"approved": True}, status=status, probe="approve_each", label="approve encoded")
        assert judged("APPROVE-019", answer).outcome is outcome


def together(left: tuple[str, ...], ends: tuple[str, str], made: str = "nfirst.txt") -> Verdict:
    probe: dict[str, Any] = {"probe": "approve_together"}

    def waiting(*calls: str) -> dict:
        return {
            "id": "t",
            "status": "awaiting_approval",
            "pendingApprovals": [{"callId": name} for name in calls],
        }

    parts = (
        LIVE
        + call("a", toolName="shell", status="awaiting_approval")
        + call("b", toolName="shell", status="awaiting_approval")
        + result("a", "o", ends[0])
        + result("b", "o", ends[1])
        + done("a")
    )
    return judged(
        "APPROVE-020",
        answered(waiting("a", "b"), label="both wait", **probe),
        answered(waiting(*left), label="one waits", **probe),
        stream([(0.1, parts)], label="stream 1", **probe),
        answered({"files": [{"path": made}]}, label="files", **probe),
        facts={
            "approve_together": {
                "calls": ["a", "b"],
                "stream": "stream 1",
                "first": "nfirst",
                "second": "nsecond",
            }
        },
    )


def test_two_waiting_calls_are_answered_one_by_one():
    assert together(("b",), ("success", "cancelled")).outcome is Outcome.PASSED
    assert together((), ("success", "cancelled")).reason == "not-by-itself"
    assert together(("b",), ("success", "success")).reason == "not-by-itself"
    assert together(("b",), ("success", "cancelled"), made="nsecond.txt").reason == "not-by-itself"


def test_a_pending_task_is_cancelled():
    probe: dict[str, Any] = {"probe": "cancel_finished"}
    made = answered({"id": "t", "status": "pending"}, label="create early", **probe)
    asked = answered({}, label="cancel early", **probe)
    for told, outcome in (("cancelled", Outcome.PASSED), ("completed", Outcome.FAILED)):
        after = answered({"id": "t", "status": told}, label="early after", **probe)
        assert judged("CANCEL-002", made, asked, after).outcome is outcome


def test_a_body_changes_nothing_of_a_cancellation():
    probe: dict[str, Any] = {"probe": "heartbeat_window"}
    for status, told, good in ((200, "cancelled", True), (400, "running", False), (200, "completed", False)):
        asked = answered({}, status=status, label="cancel with a body", **probe)
        after = answered({"id": "t", "status": told}, label="after the cancellation", **probe)
        assert (judged("CANCEL-015", asked, after).outcome is Outcome.PASSED) == good


@pytest.mark.parametrize(("apart", "good"), [(15.0, True), (8.0, True), (5.0, False)])
def test_heartbeats_are_no_flood(apart, good):
    chunks = [(0.0, LIVE), *((apart * number, b":heartbeat\n\n") for number in (1, 2, 3))]
    found = judged(
        "BEAT-009",
        stream(chunks, probe="heartbeat_while_waiting", label="parked", ended=50.0),
        stream(chunks, probe="heartbeat_window", label="early", ended=50.0),
        facts={"heartbeat_while_waiting": {"parked at": 0}, "heartbeat_window": {"called at": 0}},
    )

    assert (found.outcome is Outcome.PASSED) == good


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


def beside(other_at: float, *, opened: float = 0.0) -> Verdict:
    """A tool at work from 1 to 3 s, and another task's event at a time, on a stream opened at another."""
    chunks = [
        (0.0, LIVE),
        (1.0, call("a", toolName="shell", status="executing")),
        (3.0, result("a", "o")),
        (3.1, done("a")),
    ]
    other = [
        (0.0, LIVE),
        (other_at, call("b", toolName="shell", status="executing")),
        (other_at + 2, result("b", "o")),
    ]
    return judged(
        "STATE-006",
        stream(chunks, probe="tool_task", target="/api/v1/tasks/a/stream", ended=3.2),
        replace(
            stream(other, probe="cancel_running", target="/api/v1/tasks/b/stream", ended=9.0),
            started=round(opened * SECOND),
        ),
    )


def test_two_tasks_work_side_by_side():
    assert beside(1.5).outcome is Outcome.PASSED
    assert beside(3.5).reason == "one-by-one"
    assert beside(3.5, opened=0.9).reason == "one-by-one"
    assert beside(3.5, opened=1.0).reason == "stimulus-not-reached"


def test_an_answer_in_progress_is_not_in_the_history():
    for roles, outcome in ((["user"], Outcome.PASSED), (["user", "assistant"], Outcome.FAILED)):
        messages = [{"id": str(number), "role": role, "content": "x"} for number, role in enumerate(roles)]
        saved = answered({"messages": messages}, probe="tool_task", label="a: history while running")
        assert judged("HISTORY-018", saved, facts={"tool_task": {"vanished": "a"}}).outcome is outcome


@pytest.mark.parametrize(("said", "good"), [("Look", True), ("Look\n\nFiles: a.txt", False)])
def test_the_history_keeps_the_users_own_words(said, good):
    saved = answered(
        {"messages": [{"id": "1", "role": "user", "content": said}]}, probe="follow_up_files", label="history"
    )
    found = judged(
        "HISTORY-019", saved, facts={"follow_up_files": {"message": "Look", "follow-up message": "More"}}
    )

    assert (found.outcome is Outcome.PASSED) == good


def test_a_follow_up_runs_after_the_worst():
    probe: dict[str, Any] = {"probe": "cancel_finished"}
    for status, told, good in ((200, "completed", True), (409, "cancelled", False), (200, "failed", False)):
        taken = answered({}, status=status, label="follow-up on the cancelled", **probe)
        after = answered({"id": "t", "status": told}, label="cancelled, followed up", **probe)
        assert (judged("FOLLOWUP-016", taken, after).outcome is Outcome.PASSED) == good
