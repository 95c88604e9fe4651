"""A fact in two views is compared only while nothing can have changed it."""

from typing import Any

import pytest

from tests.conformance.checks.test_list import item
from tests.conformance.kit import event
from tests.conformance.traffic import DONE, SECOND_KEY, Traffic, agent, cases, user

EARLY, LATE = "2026-01-26T15:50:54.870Z", "2026-01-26T15:50:59.998Z"
COMPLETED = {"startedAt": EARLY, "completedAt": LATE, "error": None}
ASKS = event("tool_call", callId="c", toolName="shell", status="awaiting_approval", args={"command": "ls"})


def started(told: str, **fields: Any) -> Traffic:
    """A task that get_task returns twice, a second apart."""
    traffic = Traffic().create("Hi")
    for _ in range(2):
        traffic.get(told, fields=fields)
    return traffic


@pytest.mark.parametrize("told", ["pending", "running", "awaiting_approval", "failed", "cancelled"])
@pytest.mark.parametrize(
    ("name", "true", "false"),
    [
        ("status", None, "completed"),
        ("startedAt", EARLY, None),
        ("completedAt", None, LATE),
        ("error", None, "broken"),
        ("sessionId", "s", "another"),
    ],
)
def test_what_changes_is_compared_between_two_equal_readings(told: str, name: str, true: Any, false: Any):
    true = told if name == "status" else true
    for shown, reasons in ((true, set()), (false, {"other-value"})):
        traffic = started(told, **{name: true}).listing(item("t", **{"status": told, name: shown}))
        traffic.get(told, fields={name: true})

        assert traffic.reasons("LIST-010") - {"field-missing"} == reasons


@cases("LIST-010", "field-missing")
def test_what_changes_is_not_compared_where_it_may_have_changed() -> Traffic:
    traffic = started("running", startedAt=EARLY)
    traffic.listing(item("t", status="awaiting_approval", startedAt=EARLY))
    return traffic.get("completed", fields=COMPLETED)


@pytest.mark.parametrize("act", ["approve", "cancel", "say"])
def test_what_changes_is_not_compared_across_a_request(act: str):
    traffic = started("awaiting_approval")
    {"approve": lambda: traffic.approve("c"), "cancel": traffic.cancel, "say": traffic.say}[act]()
    traffic.listing(item("t", status="running"))
    traffic.get("awaiting_approval")

    assert traffic.reasons("LIST-010") == {"field-missing"}


@cases("LIST-010", "field-missing")
def test_a_list_may_lag_for_a_second() -> Traffic:
    traffic = Traffic().create("Hi").get("running")
    traffic.now -= 0.5
    traffic.listing(item("t", status="pending"))
    return traffic.get("running")


def test_a_completed_task_at_rest_is_compared_with_one_reading_and_a_cancelled_one_is_not():
    for told, reasons in (("completed", {"other-value"}), ("cancelled", set())):
        traffic = Traffic().create("Hi").get(told, fields=COMPLETED)
        traffic.get(told, fields=COMPLETED)
        traffic.listing(item("t", status=told, completedAt=None))

        assert traffic.reasons("LIST-010") - {"field-missing"} == reasons


def test_what_the_creation_decided_is_compared_while_the_task_runs():
    for shown, reasons in ((False, set()), (True, {"other-value"})):
        traffic = Traffic().create("Hi")
        traffic.listing(item("t", status="running", autoExecute=shown))
        traffic.get("awaiting_approval", fields={"autoExecute": False})

        assert traffic.reasons("LIST-010") - {"field-missing"} == reasons


def test_one_time_may_be_written_in_two_ways():
    for shown, reasons in (
        ("2026-01-26T15:50:54.870000+00:00", set()),
        ("2026-01-26T15:50:54Z", set()),
        ("2026-01-26T15:50:54.871Z", {"other-value"}),
    ):
        traffic = Traffic().create("Hi").get(fields={"createdAt": EARLY})
        traffic.listing(item("t", createdAt=shown))

        assert traffic.reasons("LIST-010") - {"field-missing"} == reasons


def test_masked_values_and_those_of_other_callers_are_not_compared():
    cases: list[tuple[Any, Any]] = [
        ({"env": {"A": "***"}}, {}),
        ({"env": {"A": "b"}}, {"headers": SECOND_KEY, "role": "second"}),
    ]
    for fields, more in cases:
        traffic = Traffic().create("Hi").get(fields=fields, **more)
        traffic.listing(item("t", env={"A": "c"}))

        assert traffic.reasons("LIST-010") == {"field-missing"}


def test_the_message_may_be_another_after_a_follow_up_but_not_while_the_task_rests():
    for between, reasons in ((False, {"other-value"}), (True, set())):
        traffic = Traffic().begun().get(fields={"message": "Hi"})
        if between:
            traffic.say("More")
        traffic.listing(item("t", status="completed", message="More"))

        assert traffic.reasons("LIST-010") - {"field-missing"} == reasons


@pytest.mark.parametrize(
    ("row", "told", "reason"),
    [
        ("GET-019", {"toolName": "write_file"}, "other-call"),
        ("GET-020", {"args": {"command": "rm"}}, "other-arguments"),
    ],
)
def test_a_listed_call_is_that_of_the_stream(row: str, told: dict[str, Any], reason: str):
    for other, reasons in (({}, set()), (told, {reason})):
        traffic = Traffic().create("Hi", fields={"autoExecute": False})
        traffic.stream(ASKS, took=1.0)
        call = {"callId": "c", "toolName": "shell", "args": {"command": "ls"}}
        traffic.get("awaiting_approval", fields={"pendingApprovals": [call | other]})

        assert traffic.reasons(row) == reasons


@pytest.mark.parametrize("row", ["EVENT-028", "HISTORY-013"])
def test_a_saved_call_is_that_of_the_stream(row: str):
    for tool, reasons in (("shell", set()), ("read_file", {"other-tool"})):
        call = {"callId": "c", "toolName": tool, "status": "success", "args": {}}
        traffic = Traffic().create("Hi")
        ran = event("tool_result", callId="c", status="success", output="x")
        traffic.stream(ASKS.replace(b"awaiting_approval", b"executing"), ran, DONE)
        traffic.get(fields={"output": {"content": "4", "toolCalls": [call]}})
        traffic.history(user(1, "Hi"), agent(1, "4", toolCalls=[call]))

        assert traffic.reasons(row) == reasons


def test_a_later_turn_may_use_the_id_of_a_call_again():
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    ran = event("tool_result", callId="c", status="success", output="x")
    traffic.stream(ASKS, ran, DONE)
    traffic.say()
    call = {"callId": "c", "toolName": "write_file", "status": "success", "args": {"path": "x"}}
    traffic.get("awaiting_approval", fields={"pendingApprovals": [call], "output": {"toolCalls": [call]}})
    traffic.history(user(1, "Hi"), agent(1, "4", toolCalls=[call, call | {"toolName": "shell"}]))

    for row in ("GET-019", "GET-020", "EVENT-028", "HISTORY-013"):
        assert traffic.row(row).breaches == [], row


def test_another_conversation_after_a_follow_up_is_not_the_fault_of_the_list():
    for between, row, reasons in (
        (False, "LIST-010", {"other-value"}),
        (True, "LIST-010", set()),
        (True, "GET-032", {"changed"}),
    ):
        traffic = Traffic().begun().get(fields={"conversationId": "c"})
        if between:
            traffic.say("More")
        traffic.listing(item("t", status="running", conversationId="d"))
        traffic.get("running", fields={"conversationId": "d"})

        assert {each.reason for each in traffic.row(row).breaches} - {"field-missing"} == reasons
