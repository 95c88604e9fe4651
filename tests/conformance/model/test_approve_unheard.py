"""Invariants of answers to calls of which no reader heard: get_task tells what became of them."""

from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import call, content
from tests.conformance.traffic import Traffic, user

ASKS = {"autoExecute": False}
ARGS = {"command": "ls"}


def pending(*calls: str) -> dict[str, Any]:
    return {"pendingApprovals": [{"callId": each, "toolName": "t", "args": ARGS} for each in calls]}


def output(*calls: tuple[str, str]) -> dict[str, Any]:
    told = [{"callId": each, "toolName": "t", "status": status, "args": ARGS} for each, status in calls]
    return {"output": {"content": "4", "toolCalls": told}}


def unheard(status: str, outcome: str | None = "proceed_once", session: str | None = None) -> Traffic:
    """A turn that nobody listened to: its call waited, was answered, and is told with a status."""
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    traffic.get("awaiting_approval", fields=pending("one"))
    if outcome is not None:
        traffic.approve("one", outcome)
    for _ in range(2):
        traffic.get(fields=output(("one", status)) | {"sessionId": session})
    return traffic


def always(*calls: str) -> Traffic:
    """A call whose tool was approved for always, and a turn of the same session in which these wait."""
    traffic = unheard("success", "proceed_always")
    traffic.say("More")
    traffic.get("awaiting_approval" if calls else "running", fields=pending(*calls))
    return traffic


def again(outcome: str | None, first: str = "proceed_once", *sessions: str) -> Traffic:
    """A second turn that nobody listened to either; its call is told as a success. Each has its session."""
    one, other = sessions or (None, None)
    traffic = unheard("success", first, one)
    traffic.say("More")
    if outcome is not None:
        traffic.approve("two", outcome)
    for _ in range(2):
        traffic.get(fields=output(("two", "success")) | {"sessionId": other})
    return traffic


def answered(status: int) -> Traffic:
    """An answer to a call that get_task lists before and, if it was refused, after it."""
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    traffic.get("awaiting_approval", fields=pending("one"))
    traffic.approve("one", status=status)
    traffic.get(
        "awaiting_approval" if status > 200 else "running", fields=pending("one") if status > 200 else {}
    )
    return traffic


def between(status: str) -> Traffic:
    """A status that is told between a list of the waiting call and the answer to it."""
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    traffic.get("awaiting_approval", fields=pending("one"))
    traffic.get(status, fields=pending("one"))
    traffic.approve("one")
    return traffic


def waiting(calls: list[str]) -> Traffic:
    """A task that says twice that it waits, and for which calls."""
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    for _ in range(2):
        traffic.get("awaiting_approval", fields=pending(*calls))
        traffic.now += 1
    return traffic


def heard_to_wait(listed: str) -> Traffic:
    """A call that a reader who came late heard to wait, and the id under which one like it is listed."""
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    waits = call("one", status="awaiting_approval", args=ARGS)
    traffic.stream(content("4"), waits, shown=[user(1, "Hi")], closed=Closed.HUNG_UP)
    traffic.get("awaiting_approval", fields=pending(listed))
    return traffic


def joined(told: bytes) -> Traffic:
    """What a reader is told, between the marker and a heartbeat, of a call that is listed all the time."""
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    traffic.get("awaiting_approval", fields=pending("one"))
    traffic.stream(told, b":heartbeat\n\n", shown=[user(1, "Hi")], step=1.0, closed=Closed.HUNG_UP)
    traffic.get("awaiting_approval", fields=pending("one"))
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("APPROVE-012", joined, call("one", status="awaiting_approval", args=ARGS), content("4"), "not-told"),
        ("APPROVE-011", heard_to_wait, "one", "other", "ids-differ"),
        ("APPROVE-003", unheard, "success", "cancelled", "did-not-run"),
        (
            "APPROVE-006",
            lambda status: unheard(status, "cancel"),
            "cancelled",
            "success",
            "ran-although-refused",
        ),
        ("APPROVE-016", lambda outcome: unheard("success", outcome), "proceed_once", None, "ran-unasked"),
        ("APPROVE-008", lambda calls: always(*calls), [], ["two"], "asked-again"),
        ("GET-019", waiting, ["one"], [], "not-listed"),
        ("APPROVE-002", between, "awaiting_approval", "running", "other-status"),
        ("APPROVE-011", answered, 200, 404, "ids-differ"),
        ("APPROVE-009", answered, 200, 415, "refused"),
        ("APPROVE-001", again, "proceed_once", None, "ran-unasked"),
        ("APPROVE-007", again, "proceed_once", None, "not-asked-again"),
        (
            "SESSION-008",
            lambda outcome: again(outcome, "proceed_always", "s1", "s2"),
            "proceed_once",
            None,
            "not-asked-again",
        ),
    ],
)
def test_what_nobody_heard(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


def test_what_is_not_spoken_of():
    cancelled = unheard("cancelled")
    cancelled.cancel()
    earlier = unheard("success")
    earlier.say("More")
    for _ in range(2):
        earlier.get(fields=output(("one", "cancelled")))

    assert "APPROVE-003" not in earlier.evaluation().rows or not earlier.reasons("APPROVE-003")
    assert "APPROVE-016" not in unheard("cancelled", None).evaluation().rows
    assert "APPROVE-007" not in again(None, first="proceed_always").evaluation().rows
    assert "SESSION-008" not in again(None, "proceed_always", "s1", "s1").evaluation().rows


def test_a_call_of_which_nobody_heard_is_not_known_to_wait_once_no_list_has_it():
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    for _ in range(3):
        traffic.get("awaiting_approval", fields=pending("one"))
    traffic.get("running")
    traffic.approve("one", status=404)

    assert traffic.reasons("APPROVE-002") == set()


@pytest.mark.parametrize(
    ("content", "answers", "reasons"),
    [
        (b"n1\n", 2, set()),
        (b"n1\nn1\n", 2, {"ran-twice"}),
        (b"n1\nn1\n", 1, None),
        (b"", 2, None),
    ],
)
def test_a_call_that_is_answered_twice_writes_once(content: bytes, answers: int, reasons: set[str] | None):
    traffic = Traffic()
    traffic.create("Hi", fields=ASKS)
    args = {"command": "echo n1 > n1.txt; echo n1 >> grows.txt; echo done"}
    waiting = {"pendingApprovals": [{"callId": "one", "toolName": "t", "args": args}]}
    traffic.get("awaiting_approval", fields=waiting)
    for _ in range(answers):
        traffic.approve("one")
    traffic.get()
    traffic.download("grows.txt", content)

    if reasons is None:
        assert "APPROVE-013" not in traffic.evaluation().rows
    else:
        assert traffic.reasons("APPROVE-013") == reasons
