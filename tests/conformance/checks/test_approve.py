"""A call that needs an approval waits for the decision and follows it, with or without readers."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.handwritten import (
    DONE,
    FOUR,
    HI,
    MORE,
    SECOND_KEY,
    TASKS,
    Traffic,
    cases,
    made_by_ann,
    stories,
    user,
)
from tests.conformance.kit import LIVE, STREAM, USER, call, content, event, result

ASKS = {"autoExecute": False}
IN_S1 = {"sessionId": "s1"}


def asking(name: str = "one", tool: str = "t") -> bytes:
    return call(name, toolName=tool, status="awaiting_approval")


def waiting(*calls: bytes, **more: Any) -> Traffic:
    """A task whose calls await approval, and whose reader has disconnected."""
    told = calls or (asking(),)
    return Traffic().create("Hi", fields=ASKS).stream(*told, shown=[HI], closed="hung-up", **more)


def answered(**more: Any) -> Traffic:
    return waiting().approve("one", **more)


def later(status: str) -> Traffic:
    traffic = answered()
    traffic.now += 5
    traffic.get(status, fields={"pendingApprovals": [{"callId": "one"}]} if status != "running" else {})
    return traffic


def restored(second: bytes, session: str = "s2") -> Traffic:
    traffic = waiting().approve("one", "proceed_always")
    traffic.stream(asking(), result("one", "x"), DONE, shown=[HI])
    traffic.get(fields={"sessionId": "s1"})
    traffic.say("More")
    traffic.stream(second, shown=[HI, FOUR, MORE], closed="hung-up")
    return traffic.get("running", fields={"sessionId": session})


WAITS, EXECUTING, ONCE = "awaiting_approval", "executing", "proceed_once"


def writes(status: str, answer: str | None) -> Traffic:
    """A command that writes a file; if `answer` is given, an answered command comes before it."""
    traffic = Traffic().create("Hi", fields=ASKS)
    first = call("one", toolName="t", status=WAITS, args={"command": "echo n1 | tee -a n1.txt"})
    second = call("two", toolName="t", status=status, args={"command": "echo n2 | tee n2.txt"})
    if answer is not None:
        traffic.at(4.0).approve("one", answer)
        traffic.now = 1.0
    live = (first, result("one", "n1"), second) if answer is not None else (second,)
    return traffic.stream(*live, shown=[HI], step=1.5, closed="hung-up")


def written_while_waiting(name: str) -> Traffic:
    traffic = waiting(call("one", toolName="t", status=WAITS, args={"command": "echo n1 | tee n1.txt"}))
    traffic.files({"path": name})
    return traffic.get(WAITS, fields={"pendingApprovals": [{"callId": "one"}]})


def left_waiting(listed: str) -> Traffic:
    """A task that awaits approval of `listed`, after an answer to its first call was refused."""
    return answered(**NO).get(WAITS, fields={"pendingApprovals": [{"callId": listed}]})


def asked_in_two_turns(**answer: Any) -> Traffic:
    """The calls of two turns have the same id; the second is answered after it has asked."""
    traffic = answered().stream(asking(), result("one", "x"), DONE, shown=[HI]).say("More")
    traffic.after(2.5).approve("one", **answer).after(-2.5)
    return traffic.stream(asking(), result("one", "x"), DONE, shown=[HI, FOUR, MORE], step=1.0)


NO = {"status": 400, "code": "NO"}
MISSING = {"status": 404, "code": "NOT_FOUND"}


test_what_becomes_of_an_answer = stories(
    ("APPROVE-001", written_while_waiting, "b.txt", "n1.txt", "ran-unasked"),
    ("APPROVE-001", lambda second: writes(second, answer=None), WAITS, EXECUTING, "ran-unasked"),
    ("APPROVE-001", lambda more: asked_in_two_turns(**more), {}, MISSING, "ran-unasked"),
    ("APPROVE-010", left_waiting, "one", "two", "call-gone"),
    ("STATE-004", later, "running", "awaiting_approval", "stuck"),
)


def test_what_is_not_spoken_of():
    cancelled = waiting().cancel().approve("one", status=409)
    unsure = waiting().approve("one", status=500).approve("one", status=404)
    live = restored(call("two"), session="s1")

    assert not cancelled.spoke("APPROVE-009")
    assert not unsure.spoke("APPROVE-009")
    assert not live.spoke("SESSION-008")


def runs(name: str, tool: str = "t") -> bytes:
    return call(name, toolName=tool)


def decided(*live: bytes, outcome: str = "proceed_once", **create) -> Traffic:
    """A call that awaits approval from second 1, is answered in second 4, and the events `live` after it."""
    traffic = Traffic().create("Hi", fields=ASKS | create).at(4.0).approve("one", outcome)
    return traffic.at(1.0).stream(asking("one"), *live, shown=[HI], step=0.5 if not live else 1.5)


def test_a_call_does_not_run_before_it_is_answered():
    assert decided(runs("one"), result("one", "x"), DONE).reasons("APPROVE-001") == set()

    unasked = Traffic().create("Hi", fields=ASKS)
    unasked.stream(asking("one"), result("one", "x"), DONE, shown=[HI])
    assert unasked.reasons("APPROVE-001") == {"ran-unasked"}


@cases("APPROVE-001", "ran-unasked")
def test_a_refused_answer_lets_nothing_run() -> Traffic:
    traffic = Traffic().create("Hi", fields=ASKS)
    traffic.approve("one", status=403, headers=SECOND_KEY, role="second")
    return traffic.stream(asking("one"), result("one", "x"), DONE, shown=[HI])


@cases(
    "APPROVE-001",
    ("proceed_once", "awaiting_approval", None),
    ("proceed_once", "executing", "ran-unasked"),
    ("proceed_always", "executing", "unjudged"),
)
def test_a_file_tool_asks_too(outcome: str, status: str) -> Traffic:
    traffic = waiting().approve("one", outcome).at(20.0).get("completed").say("More")
    makes = call("two", toolName="write_file", args={"path": "a.txt", "content": "a"}, status=status)
    return traffic.stream(makes, shown=[HI, MORE], closed="hung-up")


@cases("APPROVE-001", ("{}", "ran-unasked"), (None, None))
def test_an_answer_without_an_outcome_lets_nothing_run(text: str | None) -> Traffic:
    body = text or json.dumps({"outcome": "proceed_once"})
    traffic = Traffic().create("Hi", fields=ASKS)
    traffic.at(1.2).add("POST", f"{TASKS}/t/tools/one/approve", {"approved": True}, text=body)
    return traffic.at(1.0).stream(asking("one"), result("one", "x"), DONE, shown=[HI], step=1.5)


@cases("CREATE-019", "unjudged")
def test_policies_of_a_project_may_ask_in_an_automatic_task() -> Traffic:
    return Traffic().create("Hi", role="mcp").stream(asking("one"), shown=[HI], role="mcp")


@pytest.mark.parametrize(("second", "reasons"), [(asking("two"), set()), (runs("two"), {"not-asked-again"})])
def test_once_is_once_in_the_next_turn_as_well(second, reasons):
    traffic = decided(result("one", "x"), DONE).at(20.0).get("completed").say("More")
    traffic.stream(second, shown=[HI, FOUR, MORE])

    assert traffic.reasons("APPROVE-007") == reasons


@pytest.mark.parametrize(
    ("row", "status", "outcome"),
    [("APPROVE-007", "executing", "proceed_once"), ("APPROVE-008", "awaiting_approval", "proceed_always")],
)
@pytest.mark.parametrize(("command", "alike"), [("rm n2.txt", True), ("echo n2", False)])
def test_another_command_may_be_another_matter(row, status, outcome, command, alike):
    def told(name: str, status: str, command: str) -> bytes:
        return call(name, status=status, args={"command": command})

    traffic = Traffic().create("Hi", fields=ASKS).at(4.0).approve("one", outcome)
    traffic.now = 1.0
    first = told("one", "awaiting_approval", "rm n1.txt")
    traffic.stream(first, result("one", "x"), DONE, shown=[HI], step=1.5)
    traffic.at(20.0).get("completed", fields=IN_S1)
    traffic.say("More")
    traffic.stream(told("two", status, command), shown=[HI, FOUR, MORE])
    traffic.get("running", fields=IN_S1)

    assert bool(traffic.row(row).breaches) is alike


@cases(
    "APPROVE-008", (runs("two"), None), (asking("two"), "asked-again"), (asking("two", "write_file"), None)
)
def test_always_is_always_in_the_next_turn_as_well(second):
    return next_turn(second, "s1")


@cases("APPROVE-021", (["one", "two"], None), (["two"], "output-lost"), (None, "unjudged"))
def test_a_rejection_leaves_the_calls_of_an_output(calls: list[str] | None) -> Traffic:
    """A call that ran, another one that was rejected, and the calls that get_task lists then, if any."""
    traffic = Traffic().create("Hi", fields=ASKS).at(12.0).approve("two", "cancel")
    ends = result("two", "no", "cancelled"), DONE
    traffic.at(1.0).stream(runs("one"), result("one", "x"), asking("two"), *ends, shown=[HI], step=2.0)
    listed = {} if calls is None else {"toolCalls": [{"callId": each} for each in calls]}
    return traffic.at(20.0).get(fields={"output": {"content": "4"} | listed})


@pytest.mark.parametrize("session", ["s2", None])
def test_a_session_may_end_with_its_turn(session: str | None):
    """How long a session lasts is open (G-63): only its id shows that it is the same."""
    assert not next_turn(asking("two"), session).spoke("APPROVE-008")


def next_turn(second: bytes, session: str | None) -> Traffic:
    """A call approved with proceed_always in the session s1, and a follow-up, maybe in another session."""
    traffic = decided(result("one", "x"), DONE, outcome="proceed_always")
    traffic.at(20.0).get("completed", fields=IN_S1)
    traffic.say("More")
    traffic.stream(runs("zero"), second, shown=[HI, FOUR, MORE])
    return traffic.get("running", fields={"sessionId": session})


@cases("APPROVE-008", (32.0, 0.0, "asked-again"), (36.0, 0.0, "unjudged"), (32.0, 2.0, "unjudged"))
def test_always_holds_where_the_session_cannot_have_been_idle_for_long(said: float, lag: float) -> Traffic:
    traffic = Traffic(session_expiry_seconds=6.0, lag=lag).create("Hi", fields=ASKS)
    traffic.at(20.0).approve("one", "proceed_always")
    traffic.at(1.0).stream(asking("one"), result("one", "x"), DONE, shown=[HI], step=6.0, took=30.5)
    traffic.at(31.6).get(fields=IN_S1)
    traffic.at(said - 0.1).get("running", took=1.0)  # it may show the next turn
    traffic.at(said).say("More")
    traffic.stream(asking("two"), shown=[HI, FOUR, MORE])
    return traffic.get("running", fields=IN_S1)


@cases("APPROVE-003", "unjudged")
def test_a_call_that_may_have_been_rejected_before_it_was_approved_need_not_run() -> Traffic:
    return decided(DONE, outcome="cancel").at(4.5).approve("one", "proceed_once")


@cases(
    "APPROVE-003",
    ("proceed_once", 9, ["one"], "did-not-run"),
    ("proceed_once", 9, ["two"], None),
    ("proceed_once", 3, ["one"], "unjudged"),  # no page says how soon a list shows it (G-42)
    ("cancel", 9, ["one"], "unjudged"),
)
def test_a_call_that_was_approved_does_not_wait_any_longer(outcome, seconds, listed):
    traffic = waiting(asking("one"), asking("two")).approve("one", outcome)
    return traffic.after(seconds).get("awaiting_approval", fields=listed_as(*listed))


@cases("APPROVE-003", (0.1, None), (4.5, "answered-late"))
def test_an_approval_is_answered_before_its_call_has_run(took: float) -> Traffic:
    traffic = Traffic().create("Hi", fields=ASKS)
    slow = call("one", status="awaiting_approval", args={"command": "sleep 4; echo a"})
    traffic.stream(slow, result("one", "a"), DONE, shown=[HI], step=4.3)
    return traffic.at(14.0).approve("one", took=took)


@cases(
    ("APPROVE-004", "proceed_once", True, None),
    ("APPROVE-004", "proceed_always", False, "wrong-answer"),
    ("APPROVE-005", "cancel", False, None),
    ("APPROVE-005", "cancel", True, "wrong-answer"),
)
def test_the_response_to_a_decision_is_checked(outcome, told) -> Traffic:
    return waiting().approve("one", outcome, data={"approved": told})


@cases("APPROVE-004", (True, "unjudged"), (False, "unjudged"))
def test_the_response_to_a_second_decision_is_free(told) -> Traffic:
    traffic = waiting().approve("one", "cancel", data={"approved": False})
    return traffic.approve("one", "proceed_once", data={"approved": told})


@cases("APPROVE-004", "unjudged")
def test_the_response_to_a_decision_on_a_call_that_does_not_wait_is_free() -> Traffic:
    traffic = Traffic().create("Hi").stream(runs("one"), shown=[HI], closed="hung-up")
    return traffic.approve("one", data={"approved": False})


@cases("APPROVE-011", (200, None), (404, "ids-differ"))
def test_a_waiting_call_can_be_answered(status):
    return waiting().approve("one", status=status)


def cancelled_and_asked_again() -> Traffic:
    """A first turn that was cancelled while its call waited, and a second turn whose call waits."""
    traffic = waiting().cancel().get("cancelled").say("More")
    return traffic.stream(asking("two"), shown=[HI, user(2, "More")], closed="hung-up")


@cases("GET-019", None)
def test_a_call_waits_no_more_in_a_later_turn_and_an_earlier_cancellation_meets_no_later_turn() -> Traffic:
    traffic = cancelled_and_asked_again()
    return traffic.get("awaiting_approval", fields={"pendingApprovals": [{"callId": "two"}]})


@cases("APPROVE-011", "ids-differ")
def test_an_answer_is_refused_in_a_turn_after_a_cancelled_one() -> Traffic:
    return cancelled_and_asked_again().approve("two", status=404)


@cases("APPROVE-011", "unjudged")
def test_an_answer_to_the_call_of_a_cancelled_turn_is_free() -> Traffic:
    return cancelled_and_asked_again().approve("one", status=404)


ARGS = {"command": "ls"}


def listed_as(*calls: str) -> dict[str, Any]:
    return {"pendingApprovals": [{"callId": each, "toolName": "t", "args": ARGS} for each in calls]}


def told_output(*calls: tuple[str, str]) -> dict[str, Any]:
    told = [{"callId": each, "toolName": "t", "status": status, "args": ARGS} for each, status in calls]
    return {"output": {"content": "4", "toolCalls": told}}


def unheard(status: str, outcome: str | None = "proceed_once", session: str | None = None) -> Traffic:
    """A turn without a reader: its call waited, was answered, and get_task returns it with `status`."""
    traffic = Traffic().create("Hi", fields=ASKS)
    traffic.get("awaiting_approval", fields=listed_as("one"))
    if outcome is not None:
        traffic.approve("one", outcome)
    for _ in range(2):
        traffic.get(fields=told_output(("one", status)) | {"sessionId": session})
    return traffic


def always(*calls: str) -> Traffic:
    """A call approved with proceed_always, and a turn of the same session in which `calls` wait."""
    traffic = unheard("success", "proceed_always", "s1").say("More")
    return traffic.get("awaiting_approval" if calls else "running", fields=listed_as(*calls) | IN_S1)


@cases("APPROVE-008", "unjudged")
def test_an_answer_may_come_too_late_for_a_cancelled_turn() -> Traffic:
    traffic = Traffic().create("Hi", fields=ASKS)
    traffic.get("awaiting_approval", fields=listed_as("one") | IN_S1).approve("one", "proceed_always")
    traffic.cancel().get("cancelled", fields=IN_S1).say("More")
    return traffic.get("awaiting_approval", fields=listed_as("two") | IN_S1)


def unheard_again(outcome: str | None, first: str = "proceed_once", *sessions: str) -> Traffic:
    """A second turn without a reader whose call get_task returns as a success. Each turn has a session."""
    one, other = sessions or (None, None)
    traffic = unheard("success", first, one).say("More")
    if outcome is not None:
        traffic.approve("two", outcome)
    for _ in range(2):
        traffic.get(fields=told_output(("two", "success")) | {"sessionId": other})
    return traffic


def answered_while_listed(status: int) -> Traffic:
    """An answer to a call that get_task lists before the answer and, if it was refused, after it."""
    traffic = Traffic().create("Hi", fields=ASKS)
    traffic.get("awaiting_approval", fields=listed_as("one"))
    traffic.approve("one", status=status)
    return traffic.get(
        "awaiting_approval" if status > 200 else "running", fields=listed_as("one") if status > 200 else {}
    )


@cases("APPROVE-009 APPROVE-011", None)
def test_a_call_that_is_already_answered_may_be_listed_until_that_takes_effect() -> Traffic:
    traffic = Traffic().create("Hi", fields=ASKS)
    traffic.get("awaiting_approval", fields=listed_as("one"))
    traffic.approve("one")
    traffic.approve("one", status=404)
    return traffic.get("awaiting_approval", fields=listed_as("one"))


def heard_to_wait(listed: str) -> Traffic:
    """A call that waits, as received by a late reader, and the id that get_task lists for a similar call."""
    traffic = Traffic().create("Hi", fields=ASKS)
    waits = call("one", status="awaiting_approval", args=ARGS)
    traffic.stream(content("4"), waits, shown=[user(1, "Hi")], closed=Closed.HUNG_UP)
    return traffic.get("awaiting_approval", fields=listed_as(listed))


test_what_nobody_heard = stories(
    ("APPROVE-011", heard_to_wait, "one", "other", "ids-differ"),
    ("APPROVE-008", lambda calls: always(*calls), [], ["two"], "asked-again"),
    ("APPROVE-011", answered_while_listed, 200, 404, "ids-differ"),
    ("APPROVE-009", answered_while_listed, 200, 415, "refused"),
    ("APPROVE-001", unheard_again, "proceed_once", None, "ran-unasked"),
    ("APPROVE-007", unheard_again, "proceed_once", None, "not-asked-again"),
    (
        "SESSION-008",
        lambda outcome: unheard_again(outcome, "proceed_always", "s1", "s2"),
        "proceed_once",
        None,
        "not-asked-again",
    ),
)


def test_what_is_not_spoken_of_where_nobody_heard():
    earlier = unheard("success").say("More")
    for _ in range(2):
        earlier.get(fields=told_output(("one", "cancelled")))

    assert not earlier.row("APPROVE-003").breaches
    assert not unheard_again(None, first="proceed_always").spoke("APPROVE-007")
    assert not unheard_again(None, "proceed_always", "s1", "s1").spoke("SESSION-008")


@cases("APPROVE-002", None)
def test_a_call_without_an_event_does_not_wait_once_no_list_has_it() -> Traffic:
    traffic = Traffic().create("Hi", fields=ASKS)
    for _ in range(3):
        traffic.get("awaiting_approval", fields=listed_as("one"))
    traffic.get("running")
    return traffic.approve("one", status=404)


@cases("GET-020", ("a", None), ("b", "other-arguments"))
def test_a_call_may_be_named_before_its_arguments_are_known(listed: str) -> Traffic:
    named = call("one", toolName="t", status="awaiting_approval", args={})
    whole = call("one", toolName="t", status="awaiting_approval", args={"command": "a"})
    pending = [{"callId": "one", "toolName": "t", "args": {"command": listed}}]
    traffic = waiting(named + whole).get("awaiting_approval", fields={"pendingApprovals": pending})
    return traffic.stream(named, whole, shown=[HI], closed="hung-up")


def test_a_call_may_have_another_status_before_it_waits():
    validated = call("one", toolName="t", status="validating")

    assert waiting(validated, asking()).get("awaiting_approval").spoke("APPROVE-002")
    assert not waiting(asking(), validated).get("awaiting_approval").spoke("APPROVE-002")

    live = waiting(validated, asking(), took=9.0).at(5.0)
    live.stream(validated, asking(), shown=[HI], took=9.0, closed="hung-up")
    assert live.reasons("APPROVE-012") == set()


@pytest.mark.parametrize("appends", [">>", "| tee -a"])
@cases(
    "APPROVE-013",
    (b"n1\n", 2, None),
    (b"n1\nn1\n", 2, "ran-twice"),
    (b"n1\nn1\n", 1, "unjudged"),
    (b"", 2, "unjudged"),
)
def test_a_call_that_is_answered_twice_writes_once(content: bytes, answers: int, *, appends: str) -> Traffic:
    traffic = Traffic().create("Hi", fields=ASKS)
    args = {"command": f"echo n1 > n1.txt; echo n1 {appends} grows.txt; echo done"}
    listed = {"pendingApprovals": [{"callId": "one", "toolName": "t", "args": args}]}
    traffic.get("awaiting_approval", fields=listed)
    for _ in range(answers):
        traffic.approve("one")
    traffic.get()
    return traffic.download("grows.txt", content)


def test_two_results_need_not_be_two_runs():
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    traffic.stream(call("1", status="awaiting_approval"), result("1", "x"), result("1", "x"), DONE, took=4.0)
    traffic.approve("1")
    traffic.approve("1")

    assert traffic.verdict("APPROVE-013").outcome == "warned"


def stepping(statuses: list[tuple[float, str]], answers: list[tuple[float, str]]) -> Traffic:
    """A call with these statuses at these times, and the clients' decisions or cancellations at theirs."""
    traffic = Traffic().create("Hi", fields=ASKS)
    for at, outcome in answers:
        traffic.now = at
        if outcome == "cancel the task":
            traffic.cancel()
        else:
            traffic.approve("d" if outcome == "cancel the other" else "c", outcome.split()[0])
    traffic.now = 1.0
    chunks = [(1.1, LIVE)]
    for at, status in statuses:
        kind = "tool_result" if status in {"success", "error", "cancelled"} else "tool_call"
        chunks.append((at, event(kind, callId="c", toolName="x", status=status)))
    return traffic.add("GET", "/api/v1/tasks/t/stream", chunks=chunks, took=9.0, answered=STREAM)


@cases(
    "APPROVE-022",
    ([(2, "executing"), (3, "success")], [], None),
    ([(2, "awaiting_approval"), (4, "success")], [(3, "proceed_once")], None),
    ([(2, "awaiting_approval"), (4, "executing"), (5, "error")], [(3, "proceed_always")], None),
    ([(2, "awaiting_approval"), (4, "cancelled")], [(3, "cancel")], None),
    ([(2, "awaiting_approval"), (4, "error")], [(3, "cancel")], None),
    ([(2, "awaiting_approval"), (4, "cancelled")], [(3, "cancel the other")], None),
    ([(2, "awaiting_approval"), (4, "cancelled")], [(3, "proceed_once")], "no-such-step"),
    ([(2, "awaiting_approval"), (4, "error")], [], "no-such-step"),
    ([(2, "awaiting_approval"), (4, "success")], [], "no-such-step"),
    ([(2, "awaiting_approval"), (4, "success")], [(3, "cancel")], "no-such-step"),
    ([(2, "awaiting_approval"), (4, "success")], [(5, "proceed_once")], "no-such-step"),
    ([(2, "executing"), (4, "cancelled")], [], "no-such-step"),
    ([(2, "executing"), (4, "cancelled")], [(3, "cancel the task")], None),
    ([(2, "success"), (4, "executing")], [], "no-such-step"),
)
def test_the_statuses_of_a_call_are_steps_of_its_life(statuses, answers):
    return stepping(statuses, answers)


@cases(
    "APPROVE-006",
    (["a.txt"], "cancel", None),
    (["a.txt", "rejected.txt"], "cancel", "ran-although-refused"),
    (["rejected.txt"], "proceed_once", "unjudged"),
)
def test_what_only_a_rejected_call_writes_is_not_there(paths: list[str], outcome: str) -> Traffic:
    asks = call("one", toolName="t", status="awaiting_approval", args={"command": "echo x > rejected.txt"})
    traffic = Traffic().create("Hi", fields=ASKS).at(4.0).approve("one", outcome)
    traffic.at(1.0).stream(asks, shown=[user(1, "Hi")], step=1.5)
    return traffic.at(9.0).files(*({"path": path} for path in paths))


@cases("APPROVE-010", (["one"], None), ([], "call-gone"))
def test_a_refused_answer_leaves_the_call_waiting(pending: list[str]) -> Traffic:
    traffic = Traffic().create("Hi", fields=ASKS)
    traffic.stream(call("one", status="awaiting_approval"), shown=[user(1, "Hi")], closed="hung-up")
    traffic.approve("one", "perhaps", status=400)
    return traffic.get(
        "awaiting_approval", fields={"pendingApprovals": [{"callId": name} for name in pending]}
    )


def test_two_turns_may_call_different_calls_the_same():
    """Whether callIds are unique in a task is inferred (EVENT-022)."""
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    traffic.stream(call("1", status="awaiting_approval"), shown=[HI], closed="hung-up")
    traffic.approve("1", "cancel")
    traffic.get("completed")
    traffic.say("More")
    traffic.stream(call("1"), result("1", "x"), DONE, shown=[HI])

    verdict = traffic.verdict("APPROVE-006")

    assert verdict.outcome == "warned"
    assert "(inferred, EVENT-022)" in verdict.expected


@pytest.mark.parametrize(("status", "spoken"), [(403, set()), (404, {"APPROVE-009", "APPROVE-011"})])
def test_a_token_may_be_too_little_to_answer_calls(status: int, spoken: set[str]):
    traffic, ann, _ = made_by_ann()
    of_ann: Any = {"headers": ann, "role": "end user ann"}
    traffic.stream(asking(), shown=[HI], closed=Closed.HUNG_UP, took=1.0, **of_ann)
    traffic.approve("one", status=status, code="NO", **of_ann)

    assert traffic.spoke("APPROVE-009", "APPROVE-011") == spoken
    assert {row for row in spoken if traffic.row(row).breaches} == spoken


@pytest.mark.parametrize(("outcome", "verdict"), [("proceed_once", Outcome.FAILED), ("cancel", Outcome.INFO)])
def test_a_rejection_may_end_what_else_waits(outcome: str, verdict: Outcome):
    traffic = waiting(asking("one"), asking("two")).approve("one", outcome)
    traffic.approve("two", status=404, code="NOT_FOUND")

    for row in ("APPROVE-009", "APPROVE-011"):
        assert traffic.verdict(row).outcome is verdict


PENDING = {"pendingApprovals": [{"callId": "one", "toolName": "t", "args": {}}]}


def listed_for_a_joiner(told: Iterable[bytes]) -> Traffic:
    """A reader that joins while a listed call waits, and gets this before its first heartbeat."""
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    traffic.stream(call("one", status="awaiting_approval"), shown=[HI], closed=Closed.HUNG_UP)
    traffic.get("awaiting_approval", fields=PENDING)
    pieces = [(traffic.now, USER + LIVE), *((traffic.now + 0.5, each) for each in told)]
    pieces.append((traffic.now + 3.0, b":heartbeat\n\n"))
    traffic.add("GET", f"{TASKS}/t/stream", chunks=pieces, took=5.0, answered=STREAM, closed=Closed.HUNG_UP)
    return traffic.get("awaiting_approval", fields=PENDING)


test_a_waiting_call = stories(
    (
        "APPROVE-012",
        listed_for_a_joiner,
        [call("one", status="awaiting_approval")],
        [],
        "not-reported",
    ),
    (
        "APPROVE-002",
        lambda told: (
            Traffic()
            .create("Hi", fields={"autoExecute": False})
            .stream(call("one", status="awaiting_approval"), shown=[HI], closed=Closed.HUNG_UP)
            .get(told, fields=PENDING)
            .get("awaiting_approval", fields=PENDING)
        ),
        "awaiting_approval",
        "running",
        "other-status",
    ),
)
