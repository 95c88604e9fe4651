"""Invariants of CANCEL: what a cancellation is answered, and how a cancelled task is told."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.kit import call, content, event
from tests.conformance.traffic import TASKS, Traffic, user

HI = user(1, "Hi")
CANCELLED = event("error", message="cancelled", code="CANCELLED")
TIME = "2026-01-26T15:50:54.870Z"


def at_work(status: int, text: str | None = None, *, went_on: bool = True) -> Traffic:
    """A task at work that somebody cancels while he reads it."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(content("4"), shown=[HI], closed="hung-up", took=10.0)
    traffic.now -= 9
    traffic.add("DELETE", f"{TASKS}/t", {"message": "Task cancelled"}, status=status, text=text)
    if went_on:
        traffic.get("running")
    return traffic


def at_work_again(status: int) -> Traffic:
    """The same in the turn after one that was cancelled as well."""
    traffic = cancelled()
    traffic.say("More")
    traffic.stream(content("4"), shown=[HI], closed="hung-up", took=10.0)
    traffic.now -= 9
    traffic.cancel(status=status)
    traffic.get("running")
    return traffic


def finished(**more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.cancel(**more)
    return traffic


def fresh(status: int) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.cancel(status=status)
    return traffic


def cancelled(told: str = "cancelled", **fields: Any) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.cancel()
    traffic.get(told, fields={"completedAt": TIME, "error": None} | fields)
    return traffic


def streamed(last: bytes) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(content("4"), last, shown=[HI], step=1.0, took=5.0)
    traffic.now -= 3.5
    traffic.cancel()
    traffic.now += 5
    traffic.get("cancelled")
    return traffic


def slept(output: str, *, seconds: int = 4) -> Traffic:
    """A command that nobody heard, in a turn that was cancelled, by what get_task tells of it later."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.cancel()
    command = {"command": f"sleep {seconds}; echo one > a.txt; echo done"}
    told = {"callId": "c", "toolName": "t", "status": "success", "args": command, "output": output}
    for _ in range(2):
        traffic.get("completed", fields={"output": {"toolCalls": [told]}})
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("CANCEL-003", slept, "killed", "done\n", "went-on"),
        ("CANCEL-006", at_work, 200, 409, "refused"),
        ("CANCEL-006", at_work_again, 200, 409, "refused"),
        ("CANCEL-007", at_work, 200, 411, "refused"),
        ("CANCEL-015", lambda status: at_work(status, "{}"), 200, 400, "body-matters"),
        (
            "CANCEL-010",
            lambda more: finished(**more),
            {"status": 409, "code": "CONFLICT"},
            {},
            "other-refusal",
        ),
        ("CANCEL-002", cancelled, "cancelled", "running", "not-cancelled"),
        ("CANCEL-002", fresh, 200, 500, "not-cancelled"),
        ("CANCEL-012", lambda more: cancelled(**more), {}, {"completedAt": None}, "other-fields"),
        ("CANCEL-012", lambda more: cancelled(**more), {}, {"error": "x"}, "other-fields"),
        ("CANCEL-013", streamed, CANCELLED, event("error", message="x"), "other-end"),
    ],
)
def test_a_cancellation(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


NAME = "n0123456789ab.txt"


def waited(*, before: str = "", behind: str = "", again: bool = False) -> Traffic:
    """A call that waits when its task is cancelled, and that is answered before or behind that."""
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    args = {"path": NAME, "content": "x"}
    asks = call("c", toolName="write_file", status="awaiting_approval", args=args)
    more = [call("d", toolName="write_file", status="success", args=args)] if again else []
    traffic.stream(asks, *more, shown=[HI], closed="hung-up")
    for outcome, sent in ((before, False), ("", True), (behind, False)):
        if outcome:
            traffic.approve("c", outcome)
        if sent:
            traffic.cancel()
    traffic.get("cancelled")
    traffic.files({"name": NAME, "path": NAME})
    return traffic


def test_a_call_that_waited_has_made_no_file():
    assert waited().reasons("CANCEL-003") == {"went-on"}
    assert waited(behind="proceed_once").reasons("CANCEL-003") == {"went-on"}


@pytest.mark.parametrize("more", [{"before": "proceed_once"}, {"before": "cancel"}, {"again": True}])
def test_a_call_that_may_have_run_may_have_made_its_file(more: dict[str, Any]):
    assert "CANCEL-003" not in waited(**more).evaluation().rows


def test_a_command_that_may_have_ended_before_is_not_spoken_of():
    assert "CANCEL-003" not in slept("done", seconds=0).evaluation().rows


def test_a_refusal_of_a_task_that_may_have_ended_is_not_spoken_of():
    traffic = at_work(409, went_on=False)

    assert not {"CANCEL-006", "CANCEL-007", "CANCEL-010"} & traffic.evaluation().rows.keys()
