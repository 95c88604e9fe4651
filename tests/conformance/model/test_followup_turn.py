"""Invariants of further messages: how a task at work meets one, and what is told while it is answered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.kit import call, event, result
from tests.conformance.traffic import DONE, TASKS, Traffic, user

HI = user(1, "Hi")
MADE = "2026-01-26T15:50:52.870Z"
TIME, LATER = "2026-01-26T15:50:54.870Z", "2026-01-26T15:50:58.870Z"
CONFLICT = {"status": 409, "code": "CONFLICT"}
INVALID = {"status": 400, "code": "VALIDATION_ERROR"}
NO = {"status": 400, "code": "NO"}


def early(**more: Any) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.say("More", **more)
    traffic.get("running")
    return traffic


def sleeping(**more: Any) -> Traffic:
    """A follow-up that is answered while a command sleeps."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(call("c", args={"command": "sleep 9; echo done"}), shown=[HI], closed="hung-up")
    traffic.say("More", **more)
    return traffic


def kept_times(status: int, times: int) -> Traffic:
    """A history that has a follow-up that was sent at work so many times."""
    traffic = early(status=status)
    traffic.history(HI, *(user(number, "More") for number in range(2, 2 + times)))
    return traffic


def unchanged(more: list[Any]) -> Traffic:
    """The history of a task at rest before and after an empty follow-up was refused."""
    traffic = Traffic().begun()
    traffic.get()
    traffic.history(HI)
    traffic.add("POST", f"{TASKS}/t/messages", text="{}", status=400)
    traffic.history(HI, *more)
    return traffic


def shown_by_cat(output: str) -> Traffic:
    traffic = Traffic()
    traffic.create_form(SentFile.of("data.csv", b"a, b, c, d\n" if output.startswith("a") else b"a" * 50))
    shows = call("c", args={"command": "cat uploads/data.csv"})
    traffic.stream(shows, result("c", output), DONE, shown=[HI])
    return traffic


def meanwhile(told: str, **fields: Any) -> Traffic:
    """A follow-up that is answered while the task is read twice."""
    traffic = Traffic().begun()
    traffic.say("More")
    traffic.get(told, fields=fields)
    traffic.get("running")
    return traffic


def said(body: dict[str, Any], **more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.add("POST", f"{TASKS}/t/messages", {"status": "running"}, text=json.dumps(body), **more)
    return traffic


def optioned(**fields: Any) -> Traffic:
    traffic = Traffic().begun(fields={"systemPrompt": "p", "env": {"A": "a"}})
    traffic.say("More")
    traffic.get("running", fields={"systemPrompt": "p", "env": {"A": "a"}} | fields)
    return traffic


def failed() -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(event("error", message="no"), shown=[HI])
    traffic.get("failed", fields={"completedAt": TIME})
    return traffic


def followed(**more: Any) -> Traffic:
    traffic = failed()
    traffic.say("More", **more)
    return traffic


def followed_by_file(status: int) -> Traffic:
    traffic = failed()
    traffic.say_form(SentFile("a.txt", 1), status=status)
    return traffic


def again(told: str, at: str) -> Traffic:
    traffic = followed()
    traffic.get(told, fields={"completedAt": at})
    return traffic


def slow(took: float, *, follow_up: bool, made: str | None = None, told: str = "completed") -> Traffic:
    """A message that was kept at `made`, and whose run of four seconds was over at the first look."""
    traffic = Traffic().begun() if follow_up else Traffic()
    (traffic.say if follow_up else traffic.create)("More", took=took)
    traffic.get(told, fields={"startedAt": TIME, "completedAt": LATER, "createdAt": made})
    traffic.history(user(2, "More") | ({"createdAt": made} if made else {}))
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("FOLLOWUP-014", lambda more: early(**more), CONFLICT, NO, "not-refused"),
        ("ERROR-024", lambda more: early(**more), CONFLICT, NO, "other-refusal"),
        ("FOLLOWUP-014", lambda more: sleeping(**more), CONFLICT, {}, "not-refused"),
        ("FOLLOWUP-015", lambda times: kept_times(200, times), 1, 0, "half-taken"),
        ("FOLLOWUP-015", lambda times: kept_times(409, times), 0, 1, "half-taken"),
        ("FOLLOWUP-013", unchanged, [], [user(2, "undefined")], "half-done"),
        ("FOLLOWUP-011", shown_by_cat, "a, b, c, d", "(no output)", "not-readable"),
        ("STATE-008", meanwhile, "running", "completed", "never-running"),
        ("FOLLOWUP-017", lambda at: meanwhile("running", completedAt=at), None, TIME, "not-reset"),
        (
            "FOLLOWUP-018",
            lambda more: said({"message": "a", "env": {}}, **more),
            INVALID,
            NO,
            "wrong-code",
        ),
        ("FOLLOWUP-020", lambda more: said({"message": ""}, **more), INVALID, NO, "wrong-code"),
        ("FOLLOWUP-020", lambda more: said({}, **more), INVALID, {}, "accepted"),
        ("FOLLOWUP-019", lambda fields: optioned(**fields), {}, {"systemPrompt": None}, "not-applied"),
        ("FOLLOWUP-019", lambda fields: optioned(**fields), {}, {"env": None}, "not-applied"),
        ("STATE-009", lambda more: followed(**more), {}, {"status": 409}, "stuck-failed"),
        ("STATE-009", followed_by_file, 200, 409, "stuck-failed"),
        ("STATE-009", lambda end: again(*end), ("completed", LATER), ("failed", TIME), "stuck-failed"),
        ("FOLLOWUP-006", lambda took: slow(took, follow_up=True), 0.1, 4.1, "answered-late"),
        ("CREATE-007", lambda took: slow(took, follow_up=False), 0.1, 4.1, "answered-late"),
    ],
)
def test_a_further_message(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


def test_an_answer_that_the_machine_held_back_is_nobodys_failure():
    assert slow(6.0, follow_up=True).reasons("FOLLOWUP-006") == set()
    assert slow(6.0, follow_up=False).reasons("CREATE-007") == set()


@pytest.mark.parametrize(("row", "follow_up"), [("FOLLOWUP-006", True), ("CREATE-007", False)])
def test_a_run_may_begin_some_time_after_its_message(row: str, *, follow_up: bool):
    assert slow(6.0, follow_up=follow_up, made=MADE).reasons(row) == {"answered-late"}


@pytest.mark.parametrize("follow_up", [True, False])
def test_a_message_is_answered_before_its_run_fails(*, follow_up: bool):
    row = "FOLLOWUP-006" if follow_up else "CREATE-007"

    assert slow(0.1, follow_up=follow_up, told="failed").reasons(row) == set()
    assert slow(4.1, follow_up=follow_up, told="failed").reasons(row) == {"answered-late"}


def test_nothing_is_said_where_the_turn_may_be_over():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.say("More", status=409)
    traffic.get("completed")

    assert not {"FOLLOWUP-014", "ERROR-024", "STATE-008"} & traffic.evaluation().rows.keys()
