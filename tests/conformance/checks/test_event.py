"""EVENT: each event has its form, and the texts, calls and end of a run agree."""

from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.handwritten import DONE, HI, Traffic, agent, cases, heard, sent, stories, user
from tests.conformance.kit import IDLE, USER, call, content, done, event, result, verdicts

ONE, TWO = content("One ", partial=True), content("two.", partial=False)
STARTED = {"agentName": "a", "displayName": "A", "description": "d", "objective": "o"}
START, THOUGHT = event("subagent_start", **STARTED), event("subagent_thought", agentName="a")
END = event("subagent_end", agentName="a", terminateReason="GOAL", result="r")
ERROR = event("error", message="no")
CALL, RESULT = call("c"), result("c", "o")


def told(*live: bytes) -> Traffic:
    return Traffic().create("Hi").stream(*live, DONE, shown=[HI])


def of(kind: str, **payload: Any) -> Callable[[dict[str, Any]], Traffic]:
    """A stream with one event whose payload a case changes."""
    return lambda changed: told(event(kind, **payload | changed))


def twice(*runs: bytes) -> Traffic:
    """Two tasks, each with one of these live events."""
    traffic = Traffic()
    for name, live in zip("tu", runs, strict=True):
        traffic.create("Hi", task=name)
        traffic.stream(live, DONE, shown=[HI], task=name)
    return traffic


def cut(*pieces: str) -> Traffic:
    """A task whose whole stream was read, as deltas, and a task whose only reader was cut off."""
    traffic = told(texts("a", "b")).create("Hi", task="u")
    return traffic.stream(texts(*pieces), shown=[HI], task="u", closed=Closed.HUNG_UP)


def texts(*two: str) -> bytes:
    return b"".join(content(text) for text in two)


def failed(fields: dict[str, Any]) -> Traffic:
    return Traffic().create("Hi").stream(ERROR, shown=[HI]).get(fields=fields)


def failed_twice(told: str) -> Traffic:
    """Two runs that end with different errors, and the error that get_task returns after the second."""
    traffic = Traffic().create("Hi").stream(event("error", message="first"), shown=[HI])
    traffic.get(fields={"status": "failed", "error": "first"})
    traffic.say("More")
    traffic.stream(event("error", message="second"), shown=[HI, user(2, "More")])
    traffic.get(fields={"status": "failed", "error": "second"})
    return traffic.get(fields={"status": "failed", "error": told})


@cases("EVENT-006", ({}, None), ({"text": 7}, "wrong-payload"), ({"isPartial": "no"}, "wrong-payload"))
def test_the_fields_of_content(field: dict[str, Any]) -> Traffic:
    return of("content", text="x", isPartial=False)(field)


def run(*live: bytes, final: str = "4", closed: Closed = Closed.COMPLETE) -> Traffic:
    return Traffic().create("Hi").stream(*live, done(final), shown=[HI], closed=closed)


def cancelled(status: int) -> Traffic:
    return run(CALL).cancel(status=status)


def test_the_text_of_an_error_may_be_where_an_error_response_has_it():
    for payload in ({"message": "no"}, {"error": {"message": "no"}}):
        assert told(event("error", **payload)).reasons("EVENT-013") == set()
    assert told(event("error", text="no")).reasons("EVENT-013") == {"wrong-payload"}


@cases("EVENT-020", None)
def test_the_answer_in_progress_may_have_the_call_of_a_result() -> Traffic:
    begun = agent(1, "4", toolCalls=[{"callId": "a", "toolName": "t", "status": "executing"}])
    return Traffic().create("Hi").stream(result("a", "o"), DONE, shown=[HI, begun], streaming=True)


def output(calls: str, *, heard: str = "ab") -> Traffic:
    """A run with one set of calls, and the calls that get_task returns."""
    traffic = run(*(piece for name in heard for piece in (call(name), result(name, "o"))))
    return traffic.get(fields={"output": {"toolCalls": [{"callId": name} for name in calls]}})


test_a_run = stories(
    ("EVENT-004", of("status", status="retrying"), {}, {"status": "thinking"}, "unknown-status"),
    ("EVENT-004", run, ONE, event("status", status="thinking"), "unknown-status"),
    ("EVENT-018", lambda pieces: cut(*pieces), "abcd", ("a", "ab", "abc", "abcd"), "two-readings"),
    ("EVENT-018", lambda text: twice(texts("a", "b"), texts(*text)), "cd", ("c", "cd"), "two-readings"),
    # An answer before a call may be complete.
    ("EVENT-020", lambda first: run(first, RESULT), CALL, ONE, "unpaired-result"),
    ("EVENT-020", lambda more: run(CALL, RESULT, more), ONE, RESULT, "unpaired-result"),
    ("EVENT-023", lambda status: run(call("c", status=status)), "executing", "running", "unknown-status"),
    ("EVENT-023", lambda status: run(CALL, result("c", "done", status)), "success", "ok", "unknown-status"),
    # No page shows the status of a call that was refused or did not work (G-46, G-65).
    ("EVENT-023", lambda text: run(CALL, result("c", text, "rejected")), "no", "done", "unknown-status"),
    ("EVENT-027", failed, {"status": "failed", "error": "no"}, {"status": "completed"}, "not-failed"),
    ("EVENT-027", failed, {"status": "failed", "error": "no"}, {"status": "failed"}, "not-failed"),
    ("EVENT-027", failed_twice, "second", "first", "earlier-error"),
    ("EVENT-028", output, "ab", "ba", "calls-differ"),
    ("EVENT-028", output, "ab", "xab", "calls-differ"),
)


@cases("EVENT-018", None)
def test_the_answers_to_two_messages_are_not_one_answer_that_grows() -> Traffic:
    return cut("a", "b").say("More").say("Again").stream(texts("4", "4"), DONE, shown=[HI])


def unheard_start() -> Traffic:
    traffic = Traffic().create("Hi").stream(START, shown=[HI], closed="hung-up")
    return traffic.stream(END, DONE, shown=[HI])


def cancelled_error() -> Traffic:
    return Traffic().create("Hi").stream(ERROR, shown=[HI]).cancel().get("cancelled")


@cases(
    ("EVENT-021", cancelled(200), "unjudged"),
    ("EVENT-024", unheard_start(), "unjudged"),
    ("EVENT-027", cancelled_error(), "unjudged"),
    ("EVENT-029", run(CALL, RESULT), "unjudged"),
)
def test_what_is_not_spoken_of(traffic: Traffic) -> Traffic:
    return traffic


def test_a_refused_cancellation_excuses_no_missing_result():
    assert cancelled(409).reasons("EVENT-021") == {"call-without-result"}


@verdicts(("proceed_once", Outcome.WARNED), ("cancel", Outcome.INFO))
def test_a_rejection_may_leave_other_calls_without_result(outcome: str) -> Verdict:
    asked = call("a", status="awaiting_approval")
    traffic = Traffic().create("Hi").stream(asked, CALL, DONE, shown=[HI], took=2.0, step=1.0)
    traffic.at(traffic.now - 1.5).approve("a", outcome)
    return traffic.verdict("EVENT-021")


@cases("EVENT-022", ("two", None), ("one", "call-id-reused"))
def test_a_call_id_of_an_earlier_turn(name):
    traffic = told(call("one"), result("one", "x")).say("More")
    return traffic.stream(call(name), result(name, "y"), DONE, shown=[HI, agent(1, "4"), user(2, "More")])


@cases(
    "EVENT-022",
    ({}, {"command": "a"}, None),
    ({"command": "a"}, {"command": "a"}, None),
    ({"command": "a"}, {}, "call-id-reused"),
    ({"command": "a"}, {"command": "b"}, "call-id-reused"),
)
def test_a_call_may_be_announced_before_its_arguments(first: dict, second: dict) -> Traffic:
    return told(call("one", args=first), call("one", args=second))


@cases("EVENT-022", ("a", None), ("b", "call-id-reused"))
def test_a_call_id_of_another_call_without_a_result(command):
    traffic = told(call("one", args={"command": "a"})).say("More")
    return traffic.stream(
        call("one", args={"command": command}), DONE, shown=[HI, agent(1, "4"), user(2, "More")]
    )


@cases("EVENT-028", ("ab", None), ("ba", "calls-differ"), ("cab", None))
def test_the_output_has_calls_without_a_reader_in_the_order_in_which_they_asked(order):
    def told(names: str, waiting: str = "") -> dict:
        calls = [{"callId": name} for name in names]
        pending = [{"callId": name} for name in waiting]
        return {"output": {"content": "", "toolCalls": calls}, "pendingApprovals": pending}

    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    for told_then, waits in (("a", "a"), ("ab", "b")):
        traffic.get("awaiting_approval", fields=told(told_then, waits))
        traffic.approve(waits)
    traffic.get(fields=told("ab"))
    return traffic.get(fields=told(order))


PAYLOADS: dict[str, tuple[str, dict[str, Any]]] = {
    "EVENT-005": ("thought", {"subject": "s", "description": "d"}),
    "EVENT-007": ("tool_call", {"callId": "c", "toolName": "t", "status": "executing", "args": {}}),
    "EVENT-008": ("tool_result", {"callId": "c", "status": "success", "output": "x"}),
    "EVENT-009": (
        "subagent_start",
        {"agentName": "a", "displayName": "A", "description": "d", "objective": "o"},
    ),
    "EVENT-010": ("subagent_thought", {"agentName": "a", "text": "t"}),
    "EVENT-011": ("subagent_tool", {"agentName": "a", "status": "start", "toolName": "t"}),
    "EVENT-012": ("subagent_end", {"agentName": "a", "terminateReason": "GOAL", "result": "r"}),
    "EVENT-014": ("done", {"finalResponse": "4"}),
}


@pytest.mark.parametrize("row", PAYLOADS)
def test_an_event_without_one_of_its_fields_is_wrong(row: str):
    kind, fields = PAYLOADS[row]
    assert heard(event(kind, **fields), closed=Closed.HUNG_UP).reasons(row) == set()
    for name in fields:
        less = {key: value for key, value in fields.items() if key != name}
        assert heard(event(kind, **less), closed=Closed.HUNG_UP).reasons(row) == {"wrong-payload"}, name


START = event("subagent_start", agentName="a", displayName="A", description="d", objective="o")


def used(status: str) -> bytes:
    return event("subagent_tool", agentName="a", status=status, toolName="t")


def told_marker(**fields: Any) -> Traffic:
    return sent(USER, event("history_done", **fields))


test_what_events_say = stories(
    (
        "EVENT-002",
        lambda more: sent(event("history_message", **HI | more), IDLE),
        {},
        {"content": 1},
        "wrong-payload",
    ),
    ("EVENT-001", lambda kind: heard(event(kind), DONE), "thought", "news", "undocumented-type"),
    (
        "EVENT-003",
        lambda told: told_marker(messageCount=told, isStreaming=False),
        1,
        "1",
        "wrong-payload",
    ),
    (
        "EVENT-015",
        lambda second: heard(call("one"), second, DONE),
        call("two"),
        event("tool_call", tool_call={"callId": "two", "toolName": "t"}),
        "mixed-payloads",
    ),
    ("EVENT-024", lambda first: heard(*first, used("start"), DONE), [START], [], "outside"),
    (
        "EVENT-025",
        lambda last: heard(START, used("start"), used(last), DONE),
        "end",
        "success",
        "two-readings",
    ),
    ("EVENT-029", lambda text: heard(*text, DONE), [content("4")], [], "no-content"),
)
