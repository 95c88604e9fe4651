"""Invariants of answers to waiting calls: what they are answered, and what becomes of call and task."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.kit import LIVE, STREAM, call, event, result
from tests.conformance.traffic import DONE, TASKS, Traffic, agent, user

HI = user(1, "Hi")
FOUR = agent(1, "4")
ASKS = {"autoExecute": False}


def asking(name: str = "one", tool: str = "t") -> bytes:
    return call(name, toolName=tool, status="awaiting_approval")


def waiting(*calls: bytes) -> Traffic:
    """A task whose calls wait, and whose reader has left."""
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    traffic.stream(*(calls or (asking(),)), shown=[HI], closed="hung-up")
    return traffic


def answered(**more: Any) -> Traffic:
    traffic = waiting()
    traffic.approve("one", **more)
    return traffic


def bad(outcome: Any = "yes", **more: Any) -> Traffic:
    traffic = waiting()
    traffic.add("POST", f"{TASKS}/t/tools/one/approve", text=json.dumps({"outcome": outcome}), **more)
    return traffic


def encoded(status: int) -> Traffic:
    traffic = waiting()
    traffic.approve("%6Fne", status=status)
    return traffic


def again(**more: Any) -> Traffic:
    traffic = answered()
    traffic.approve("one", **more)
    return traffic


def joined(first: bytes) -> Traffic:
    """A reader who comes while a call waits that is decided three seconds later."""
    traffic = waiting()
    pieces = ((0.1, LIVE), (0.2, first), (5.0, result("one", "x")))
    chunks = [(traffic.now + after, piece) for after, piece in pieces]
    traffic.add("GET", f"{TASKS}/t/stream", chunks=chunks, took=6.0, answered=STREAM)
    traffic.now -= 3
    traffic.approve("one")
    return traffic


def rejected(status: str) -> Traffic:
    traffic = waiting()
    traffic.approve("one", "cancel")
    traffic.stream(asking(), result("one", "", status), DONE, shown=[HI])
    return traffic


def ended(status: str) -> Traffic:
    traffic = rejected("cancelled")
    traffic.get("completed")
    traffic.get(status)
    return traffic


def failed(error: str) -> Traffic:
    traffic = rejected("cancelled")
    traffic.get("completed")
    traffic.get("failed", fields={"error": error})
    return traffic


def output_of(calls: list[str]) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    traffic.stream(call("zero"), result("zero", "x"), asking(), shown=[HI], closed="hung-up")
    traffic.approve("one", "cancel")
    traffic.stream(asking(), result("one", "", "cancelled"), DONE, shown=[HI])
    traffic.get(fields={"output": {"content": "4", "toolCalls": [{"callId": each} for each in calls]}})
    return traffic


def later(status: str) -> Traffic:
    traffic = answered()
    traffic.now += 5
    traffic.get(status, fields={"pendingApprovals": [{"callId": "one"}]} if status != "running" else {})
    return traffic


def pending(**one: Any) -> Traffic:
    traffic = waiting()
    entry = {"callId": "one", "toolName": "t", "args": {}} | one
    output = {"toolCalls": [{"callId": "one", "status": one.get("status", "awaiting_approval")}]}
    traffic.get("awaiting_approval", fields={"pendingApprovals": [entry], "output": output})
    return traffic


def restored(second: bytes, session: str = "s2") -> Traffic:
    traffic = waiting()
    traffic.approve("one", "proceed_always")
    traffic.stream(asking(), result("one", "x"), DONE, shown=[HI])
    traffic.get(fields={"sessionId": "s1"})
    traffic.say("More")
    traffic.stream(second, shown=[HI, FOUR, user(2, "More")], closed="hung-up")
    traffic.get("running", fields={"sessionId": session})
    return traffic


WAITS, EXECUTING, ONCE = "awaiting_approval", "executing", "proceed_once"


def writes(status: str, answer: str | None) -> Traffic:
    """A command that writes a file, and that another came before if that was answered."""
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    first = call("one", toolName="t", status=WAITS, args={"command": "echo n1 | tee -a n1.txt"})
    second = call("two", toolName="t", status=status, args={"command": "echo n2 | tee n2.txt"})
    if answer is not None:
        traffic.now = 4.0
        traffic.approve("one", answer)
        traffic.now = 1.0
    live = (first, result("one", "n1"), second) if answer is not None else (second,)
    traffic.stream(*live, shown=[HI], step=1.5, closed="hung-up")
    return traffic


def written_while_waiting(name: str) -> Traffic:
    traffic = waiting(call("one", toolName="t", status=WAITS, args={"command": "echo n1 | tee n1.txt"}))
    traffic.files({"path": name})
    traffic.get(WAITS, fields={"pendingApprovals": [{"callId": "one"}]})
    return traffic


def left_waiting(listed: str) -> Traffic:
    """A task that waits for a call after an answer to its first one was refused."""
    traffic = answered(**NO)
    traffic.get(WAITS, fields={"pendingApprovals": [{"callId": listed}]})
    return traffic


NO = {"status": 400, "code": "NO"}
INVALID = {"status": 400, "code": "VALIDATION_ERROR"}
MISSING = {"status": 404, "code": "NOT_FOUND"}


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("APPROVE-009", lambda more: answered(**more), {}, NO, "refused"),
        ("APPROVE-018", lambda more: bad(**more), INVALID, NO, "wrong-code"),
        ("APPROVE-018", lambda more: bad(["proceed_once"], **more), INVALID, NO, "wrong-code"),
        ("APPROVE-018", lambda more: bad(**more), INVALID, {}, "accepted"),
        ("APPROVE-001", written_while_waiting, "b.txt", "n1.txt", "ran-unasked"),
        ("APPROVE-001", lambda second: writes(second, answer=None), WAITS, EXECUTING, "ran-unasked"),
        (
            "APPROVE-007",
            lambda second: writes(second, answer="proceed_once"),
            WAITS,
            EXECUTING,
            "not-asked-again",
        ),
        ("APPROVE-010", left_waiting, "one", "two", "call-gone"),
        ("APPROVE-019", encoded, 200, 404, "not-decoded"),
        ("APPROVE-014", lambda more: again(**more), MISSING, {}, "accepted"),
        ("APPROVE-014", lambda more: again(**more), MISSING, INVALID, "wrong-code"),
        ("APPROVE-012", joined, asking(), event("status", status="x"), "not-told"),
        ("APPROVE-015", rejected, "cancelled", "error", "other-end"),
        ("APPROVE-015", ended, "completed", "running", "other-end"),
        ("APPROVE-015", failed, "tool: connection refused", "A tool call was refused", "other-end"),
        ("APPROVE-021", output_of, ["zero", "one"], ["one"], "output-lost"),
        ("STATE-004", later, "running", "awaiting_approval", "stuck"),
        ("GET-020", lambda one: pending(**one), {}, {"args": "x"}, "wrong-shape"),
        ("GET-021", lambda one: pending(**one), {}, {"status": "executing"}, "not-in-output"),
        ("SESSION-008", restored, asking("two"), call("two"), "not-asked-again"),
    ],
)
def test_what_becomes_of_an_answer(
    row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str
):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


@pytest.mark.parametrize(("more", "reasons"), [(MISSING, set()), ({}, {"accepted"})])
def test_a_call_is_over_when_its_task_was_cancelled(more: dict[str, Any], reasons: set[str]):
    traffic = waiting()
    traffic.cancel()
    traffic.get("cancelled")
    traffic.approve("one", **more)

    assert traffic.reasons("APPROVE-014") == reasons


def test_what_is_not_spoken_of():
    cancelled = waiting()
    cancelled.cancel()
    cancelled.approve("one", status=409)
    unsure = waiting()
    unsure.approve("one", status=500)
    unsure.approve("one", status=404)
    live = restored(call("two"), session="s1")

    assert "APPROVE-009" not in cancelled.evaluation().rows
    assert not {"APPROVE-009", "APPROVE-014"} & unsure.evaluation().rows.keys()
    assert "SESSION-008" not in live.evaluation().rows
