"""A fact in two views is compared only while nothing can have changed it."""

from typing import Any

import pytest

from tests.conformance.checks.test_list import item
from tests.conformance.handwritten import DONE, SECOND_KEY, Traffic, agent, cases, user
from tests.conformance.kit import event

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
@cases("LIST-010", (True, "field-missing"), (False, "field-missing other-value"))
def test_changing_fields_are_compared_between_two_equal_readings(
    same: bool, *, told: str, name: str, true: Any, false: Any
) -> Traffic:
    true = told if name == "status" else true
    shown = item("t", **{"status": told, name: true if same else false})
    return started(told, **{name: true}).listing(shown).get(told, fields={name: true})


@cases("LIST-010", "field-missing")
def test_changing_fields_are_not_compared_if_they_can_have_changed() -> Traffic:
    traffic = started("running", startedAt=EARLY)
    traffic.listing(item("t", status="awaiting_approval", startedAt=EARLY))
    return traffic.get("completed", fields=COMPLETED)


@cases("LIST-010", ("approve", "field-missing"), ("cancel", "field-missing"), ("say", "field-missing"))
def test_changing_fields_are_not_compared_across_a_request(act: str) -> Traffic:
    traffic = started("awaiting_approval")
    {"approve": lambda: traffic.approve("c"), "cancel": traffic.cancel, "say": traffic.say}[act]()
    return traffic.listing(item("t", status="running")).get("awaiting_approval")


@cases("LIST-010", "field-missing")
def test_a_list_may_lag_for_a_second() -> Traffic:
    traffic = Traffic().create("Hi").get("running")
    traffic.now -= 0.5
    traffic.listing(item("t", status="pending"))
    return traffic.get("running")


@cases("LIST-010", ("completed", "field-missing other-value"), ("cancelled", "field-missing"))
def test_a_completed_task_at_rest_is_compared_with_one_reading_and_a_cancelled_one_is_not(
    told: str,
) -> Traffic:
    traffic = Traffic().create("Hi").get(told, fields=COMPLETED).get(told, fields=COMPLETED)
    return traffic.listing(item("t", status=told, completedAt=None))


@cases("LIST-010", (False, "field-missing"), (True, "field-missing other-value"))
def test_fields_set_at_creation_are_compared_while_the_task_runs(shown: bool) -> Traffic:
    traffic = Traffic().create("Hi").listing(item("t", status="running", autoExecute=shown))
    return traffic.get("awaiting_approval", fields={"autoExecute": False})


@cases(
    "LIST-010",
    ("2026-01-26T15:50:54.870000+00:00", "field-missing"),
    ("2026-01-26T15:50:54Z", "field-missing"),
    ("2026-01-26T15:50:54.871Z", "field-missing other-value"),
)
def test_one_time_may_be_written_in_two_ways(shown: str) -> Traffic:
    return Traffic().create("Hi").get(fields={"createdAt": EARLY}).listing(item("t", createdAt=shown))


@cases(
    "LIST-010",
    ({"env": {"A": "***"}}, {}, "field-missing"),
    ({"env": {"A": "b"}}, {"headers": SECOND_KEY, "role": "second"}, "field-missing"),
)
def test_masked_values_and_those_of_other_callers_are_not_compared(fields: Any, more: Any) -> Traffic:
    return Traffic().create("Hi").get(fields=fields, **more).listing(item("t", env={"A": "c"}))


@cases("LIST-010", (False, "field-missing other-value"), (True, "field-missing"))
def test_the_message_may_be_another_after_a_follow_up_but_not_while_the_task_rests(between: bool) -> Traffic:
    traffic = Traffic().begun().get(fields={"message": "Hi"})
    if between:
        traffic.say("More")
    return traffic.listing(item("t", status="completed", message="More"))


@cases(
    ("GET-019 GET-020", {}, None),
    ("GET-019", {"toolName": "write_file"}, "other-call"),
    ("GET-020", {"args": {"command": "rm"}}, "other-arguments"),
)
def test_a_listed_call_is_that_of_the_stream(told: dict[str, Any]) -> Traffic:
    traffic = Traffic().create("Hi", fields={"autoExecute": False}).stream(ASKS, took=1.0)
    call = {"callId": "c", "toolName": "shell", "args": {"command": "ls"}}
    return traffic.get("awaiting_approval", fields={"pendingApprovals": [call | told]})


@cases("EVENT-028 HISTORY-013", ("shell", None), ("read_file", "other-tool"))
def test_a_saved_call_is_that_of_the_stream(tool: str) -> Traffic:
    call = {"callId": "c", "toolName": tool, "status": "success", "args": {}}
    ran = event("tool_result", callId="c", status="success", output="x")
    traffic = Traffic().create("Hi").stream(ASKS.replace(b"awaiting_approval", b"executing"), ran, DONE)
    traffic.get(fields={"output": {"content": "4", "toolCalls": [call]}})
    return traffic.history(user(1, "Hi"), agent(1, "4", toolCalls=[call]))


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


@cases(
    ("LIST-010", False, "field-missing other-value"),
    ("LIST-010", True, "field-missing"),
    ("GET-032", True, "changed"),
)
def test_another_conversation_after_a_follow_up_is_not_the_fault_of_the_list(between: bool) -> Traffic:
    traffic = Traffic().begun().get(fields={"conversationId": "c"})
    if between:
        traffic.say("More")
    traffic.listing(item("t", status="running", conversationId="d"))
    return traffic.get("running", fields={"conversationId": "d"})
