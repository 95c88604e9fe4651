"""HISTORY: messages are shown to all callers, in their documented form and order."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.handwritten import DONE, Traffic, agent, cases, heard, stories, user
from tests.conformance.kit import answered, call, content, event, judged, result

HI, FOUR, MORE, FIVE = user(1, "Hi"), agent(1, "4"), user(2, "More"), agent(2, "5")
FILE = {"name": "a.csv", "path": "uploads/a.csv"}
CALL = {"callId": "c", "toolName": "t", "status": "success"}


def told(*messages: dict[str, Any], **more: Any) -> Traffic:
    """A history of these messages, for a completed task."""
    return Traffic().begun().history(*messages, **more)


def followed_up() -> Traffic:
    return told(HI, FOUR).say("More")


@cases(
    ("HISTORY-004", [HI, FOUR | {"createdAt": "2026-01-26T15:50:55.000Z"}], None),
    ("HISTORY-005", [HI, FOUR], None),
    ("HISTORY-006", [HI, FOUR], None),
    ("HISTORY-006", [HI, FOUR | {"id": "u1"}], "id-repeated"),
    ("HISTORY-006", [HI | {"id": None}], "id-repeated"),
    ("HISTORY-007", [HI, FOUR], None),
    ("HISTORY-007", [HI | {"content": None}], "wrong-type"),
    ("HISTORY-007", [HI | {"createdAt": "today"}], "wrong-type"),
    ("HISTORY-009", [HI | {"attachedFiles": [FILE]}, FOUR], None),
    ("HISTORY-010", [HI, FOUR | {"thoughts": []}], None),
    ("HISTORY-011", [HI, FOUR | {"toolCalls": []}], None),
    ("HISTORY-012", [HI | {"attachedFiles": [FILE]}], None),
    ("HISTORY-012", [HI | {"attachedFiles": [FILE | {"path": "/srv/a.csv"}]}], "wrong-shape"),
    ("HISTORY-012", [HI | {"attachedFiles": [FILE | {"path": "../a.csv"}]}], "wrong-shape"),
    ("HISTORY-012", [HI | {"attachedFiles": [FILE | {"name": ""}]}], "wrong-shape"),
    ("HISTORY-013", [FOUR | {"toolCalls": [CALL]}], None),
    ("HISTORY-013", [HI, FOUR], None),
    ("HISTORY-015", [HI, FOUR], None),
    ("HISTORY-015", [HI], "no-answer"),
    ("HISTORY-015", [HI, agent(1, "")], "no-answer"),
)
def test_saved_messages(messages: list[dict[str, Any]]) -> Traffic:
    return told(*messages)


@cases("HISTORY-013 GET-017", ("success", None), ("failed", None), ("awaiting_approval", "still-waiting"))
def test_a_saved_call_that_has_ended_does_not_wait(status: str) -> Traffic:
    traffic = Traffic().begun().say()
    traffic.stream(call("c1"), result("c1", "o"), DONE, shown=[HI, FOUR, MORE])
    traffic.get()
    saved = {"callId": "c1", "toolName": "t", "status": status}
    traffic.history(HI, FOUR, MORE, agent(2, "Done") | {"toolCalls": [saved]})
    return traffic.get(fields={"output": {"toolCalls": [saved | {"args": {}}]}})


@cases("HISTORY-013", None)
def test_a_call_that_was_cancelled_while_it_waited_may_be_saved_as_waiting() -> Traffic:
    traffic = Traffic().begun().say()
    traffic.stream(call("c1", status="awaiting_approval"), DONE, shown=[HI, FOUR, MORE])
    saved = {"callId": "c1", "toolName": "t", "status": "awaiting_approval"}
    return traffic.history(HI, FOUR, MORE, agent(2, "Done") | {"toolCalls": [saved]})


@cases(
    "HISTORY-003",
    (1.0, 3.0, [], "stale-status"),
    (1.9, 3.0, [], "unjudged"),
    (1.0, 2.05, [], "unjudged"),
    (1.0, 3.0, [1.05], "unjudged"),
    (1.0, 3.0, [0.85, 3.2], "stale-status"),
    (1.0, 3.0, [3.05], "unjudged"),
)
def test_a_status_is_certain_between_two_readings_that_do_not_overlap(
    before: float, after: float, acts: list[float]
) -> Traffic:
    """A history at 2 s, get_task before and after it, and decisions at the times `acts`."""
    traffic = Traffic().at(0.0).create("Hi")
    for traffic.now in acts:
        traffic.approve("c")
    for traffic.now in (before, after):
        traffic.get("running", took=0.15)
    return traffic.at(2.0).history(told="completed")


@cases("HISTORY-003", ("c", "stale-status"), ("d", "unjudged"))
def test_the_answer_to_one_call_may_take_effect_before_the_next_one_waits(second: str) -> Traffic:
    traffic = Traffic().create("Hi").stream(call("c", status="awaiting_approval"), took=1.0)
    traffic.approve("b")
    traffic.get("awaiting_approval", fields={"pendingApprovals": [{"callId": "c"}]})
    traffic.history(told="running")
    return traffic.get("awaiting_approval", fields={"pendingApprovals": [{"callId": second}]})


@cases("HISTORY-003", "stale-status")
def test_a_history_may_not_lag() -> Traffic:
    traffic = Traffic().create("Hi").get("running")
    traffic.now -= 0.5
    traffic.history(told="pending")
    return traffic.get("running")


@cases("HISTORY-003", ("completed", None), ("running", "stale-status"))
def test_a_history_has_the_final_status(status: str) -> Traffic:
    return told(HI, FOUR, told=status)


@cases(
    "HISTORY-016",
    ([HI, FOUR, MORE], None),
    ([HI, FOUR, MORE, FIVE], None),
    ([HI, MORE], "history-changed"),
    ([HI, {**FOUR, "content": "5"}, MORE], "history-changed"),
    ([FOUR, HI, MORE], "history-changed"),
    ([MORE, HI, FOUR], "history-changed"),
    ([HI, FOUR], "history-changed"),
)
def test_a_history_keeps_what_an_earlier_one_showed(shown: list[Any]) -> Traffic:
    return followed_up().history(*shown, told="running")


def test_messages_in_another_order_are_reported():
    traffic = followed_up().history(FOUR, HI, MORE, told="running")

    assert traffic.row("HISTORY-016").breaches[0].finding.observed == "3 messages, in another order"


@cases("HISTORY-016", None)
def test_an_answer_that_was_cut_off_may_still_be_completed() -> Traffic:
    traffic = Traffic().create("Hi").get("running").cancel().get("cancelled")
    traffic.history(HI, agent(1, "The ca"), told="cancelled")
    return traffic.history(HI, agent(1, "The cap"), told="cancelled")


@cases("FOLLOWUP-015", None)
def test_a_message_that_is_sent_meanwhile_may_be_there() -> Traffic:
    traffic = Traffic().begun().say("More", took=5.0)
    return traffic.at(3.0).history(HI, FOUR).at(3.0).history(HI, FOUR, MORE)


@cases("HISTORY-015", "unjudged")
def test_an_agent_may_say_nothing_beside_its_tools() -> Traffic:
    traffic = Traffic().begun("Hi", call("c"), result("c", "x"), DONE)
    return traffic.history(HI, agent(1, "", toolCalls=[CALL]))


@pytest.mark.parametrize(
    ("saved", "reasons"), [({"toolCalls": [{"callId": "two"}]}, set()), ({}, {"two-readings"})]
)
def test_answers_have_their_calls_however_their_turns_end(saved: dict[str, Any], reasons: set[str]):
    traffic = Traffic().create("Hi")
    traffic.stream(call("one"), result("one", "x"), DONE, shown=[user(1, "Hi")])
    traffic.get("completed")
    shown = [user(1, "Hi"), agent(1, "4", toolCalls=[{"callId": "one"}])]
    traffic.history(*shown)
    traffic.say("More")
    shown.append(user(2, "More"))
    failed = event("error", message="boom", code="X")
    traffic.stream(call("two"), result("two", "x"), failed, shown=shown)
    traffic.get("failed")
    traffic.history(*shown, agent(2, "So far") | saved, told="failed")

    assert traffic.reasons("HISTORY-013") - {"wrong-shape"} == reasons


def test_an_agent_whose_calls_no_message_shows_may_say_nothing():
    traffic = Traffic().create("Hi", fields={"autoExecute": False}).approve("c").get()

    assert not traffic.history(HI, agent(1, "")).row("HISTORY-015").breaches


@cases(
    "HISTORY-008",
    ([HI], None),
    ([user(1, "Ho")], "other-message"),
    ([FOUR, HI], "other-message"),
    ([], "other-message"),
)
def test_the_first_message_is_that_of_the_creation(shown: list[Any]) -> Traffic:
    return Traffic().create("Hi").history(*shown, told="running")


@pytest.mark.parametrize(("told", "lost"), [("pending", 0), ("running", 1)])
@pytest.mark.parametrize("row", ["HISTORY-008", "FOLLOWUP-015"])
def test_a_pending_task_may_have_no_conversation_yet(row: str, told: str, lost: int):
    traffic = Traffic().create("Hi").history(told=told)

    assert len(traffic.row(row).breaches) == lost


@cases("EVENT-022", (["b"], None), ([], None), (["a", "b"], "call-id-reused"))
def test_an_answer_has_no_call_of_an_earlier_one(second: list[str]) -> Traffic:
    def calls(*names: str) -> dict[str, Any]:
        return {"toolCalls": [CALL | {"callId": each} for each in names]}

    return followed_up().history(HI, FOUR | calls("a"), MORE, FIVE | calls(*second))


def instant(second: float) -> str:
    return f"2026-01-26T15:50:{second:06.3f}Z"


@cases(
    "HISTORY-020",
    ("u1", 12.0, "no-reading"),
    ("u1", 11.001, None),
    # A platform that returns the task's startedAt returns the new one after a follow-up.
    ("u1", 30.0, None),
    # It may be another message.
    ("u9", 12.0, None),
    ("", 12.0, None),
)
def test_the_time_of_a_message_stays(id: str, later: float) -> Traffic:
    traffic = told(HI | {"createdAt": instant(11)}, FOUR).say("More")
    traffic.get(fields={"createdAt": instant(10), "startedAt": instant(30)})
    return traffic.history(HI | {"id": id, "createdAt": instant(later)}, FOUR, MORE)


@pytest.mark.parametrize(
    ("second", "answer", "found"),
    [(20, 25, "own_time"), (10, 20, "task_time"), (10, 25, "two-readings")],
)
def test_the_times_of_messages_follow_one_reading(second: float, answer: float, found: str):
    """Created at 10 s, followed up at 20 s, answered at 25 s."""
    times = zip((HI, FOUR, MORE, FIVE), (10, 11, second, answer), strict=True)
    saved = {"messages": [each | {"createdAt": instant(at)} for each, at in times]}
    task = {"createdAt": instant(10), "startedAt": instant(20), "completedAt": instant(25)}
    history = answered(saved, probe="follow_up", label="history after", operation="get_task_history")
    verdict = judged("HISTORY-020", history, answered(task, probe="follow_up", label="after"))

    assert found in {verdict.reason, verdict.observed.partition(":")[0]}


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_views_of_a_turn_that_was_cut_off_agree_up_to_the_message(status: str):
    def viewed(*messages) -> Traffic:
        traffic = Traffic().create("Hi").get(status).history(HI, told=status)
        return traffic.stream(shown=messages)

    assert viewed(HI, FOUR).reasons("HISTORY-017") == set()
    assert viewed(user(1, "H")).reasons("HISTORY-017") == {"views-differ"}


@cases("HISTORY-001 SESSION-010", (200, None), (404, "refused"))
def test_the_owner_reads_the_history_at_any_time(status: int) -> Traffic:
    traffic = Traffic(session_expiry_seconds=5.0).begun()
    return traffic.at(60.0).history(user(1, "Hi"), status=status)


def saved(*answers: str) -> Traffic:
    """The history of a task that has counted to 300: its answer may be in several messages."""
    traffic = heard(*(content(f"{number}\n") for number in range(1, 301)), DONE).get()
    return traffic.history(HI, *(agent(number, each) for number, each in enumerate(answers, 1)))


def test_a_saved_answer_is_not_cut():
    whole = "".join(f"{number}\n" for number in range(1, 301))

    assert saved(whole).reasons("HISTORY-015") == set()
    assert saved(whole[:500], whole[500:]).reasons("HISTORY-015") == set()
    assert saved(whole[:500], whole[510:]).reasons("HISTORY-015") == {"answer-damaged"}
    assert saved("I counted to 300.").reasons("HISTORY-015") == set()
    assert saved(whole[:500]).reasons("HISTORY-015") == {"answer-damaged"}
    assert saved(f"Yes:\n\n{whole}").reasons("HISTORY-015") == set()
    assert saved(whole.replace("\n", " ")).reasons("HISTORY-015") == set()
    assert saved(whole.replace("9\n", "9")).reasons("HISTORY-015") == {"answer-damaged"}


def cut_replay(*history: Any) -> Traffic:
    """Three turns, a history of these messages, and a replay with the last message only."""
    traffic = Traffic().begun("first\nline")
    for text in ("second", "third"):
        traffic.say(text)
        traffic.get()
    traffic.history(*history)
    return traffic.stream(shown=[user(3, "third")])


def test_a_replay_that_is_cut_is_no_history_that_is_cut():
    whole = [user(1, "first\nline"), agent(1, "4"), user(2, "second"), agent(2, "5"), user(3, "third")]

    assert cut_replay(*whole).reasons("HISTORY-008") == set()
    assert cut_replay(*whole[2:]).reasons("HISTORY-008") == {"other-message"}
    assert cut_replay(*whole).reasons("STREAM-008") == set()


def thinking(thought: str, *, streamed: str = "", joins: str = "") -> Traffic:
    """Two turns with thoughts; the second answer is saved with this thought, its stream has another one."""
    first = FOUR | {"thoughts": [{"subject": "", "description": "once"}]}
    traffic = Traffic().begun().say("More")
    if joins:
        traffic.get(joins)
    live = [event("thought", subject="", description=streamed)] if streamed else []
    traffic.stream(*live, DONE, shown=[HI, first, MORE])
    traffic.get()
    return traffic.history(HI, first, MORE, FIVE | {"thoughts": [{"subject": "", "description": thought}]})


@cases("HISTORY-021", ("two", None), ("one", "earlier-call"))
def test_the_last_answer_has_the_calls_of_its_turn(told: str) -> Traffic:
    """Two turns with a call each; the second answer is saved with this call."""
    first, second = (FOUR | {"toolCalls": [{"callId": "one"}]}, FIVE | {"toolCalls": [{"callId": told}]})
    traffic = Traffic().begun().say("More")
    traffic.stream(call("two"), result("two", ""), DONE, shown=[HI, first, MORE])
    return traffic.get().history(HI, first, MORE, second)


@cases(
    "HISTORY-021",
    (thinking("again", streamed="again"), None),
    (thinking("in other words", streamed="again"), None),
    (thinking("once", streamed="once"), None),
    (thinking("once", streamed="again"), "earlier-thought"),
    (thinking("once"), "unjudged"),
    (thinking("once", streamed="again", joins="running"), "unjudged"),
    (thinking("once", streamed="again", joins="awaiting_approval"), "unjudged"),
)
def test_an_answer_has_no_thought_of_an_earlier_one(traffic: Traffic) -> Traffic:
    return traffic


def with_field(name: str) -> Callable[[str], Traffic]:
    """A function that makes a history in which a message of this role has a field."""

    def made(role: str) -> Traffic:
        saved = {"user": user, "assistant": agent}[role](2, "x", **{name: [{"callId": "c"}]})
        return Traffic().begun().history(HI, saved)

    return made


def at(second: int) -> dict[str, Any]:
    return agent(1, "4", createdAt=f"2026-01-26T15:50:{second}.870Z")


test_what_a_history_holds = stories(
    (
        "HISTORY-002",
        lambda told: Traffic().begun().get(fields={"conversationId": told}).history(HI),
        "c",
        "d",
        "other-id",
    ),
    ("HISTORY-004", lambda second: Traffic().begun().history(HI, at(second)), 55, 10, "wrong-order"),
    (
        "HISTORY-005",
        lambda role: Traffic().begun().history(HI | {"role": role}),
        "user",
        "human",
        "unknown-role",
    ),
    ("HISTORY-009", with_field("attachedFiles"), "user", "assistant", "wrong-role"),
    ("HISTORY-010", with_field("thoughts"), "assistant", "user", "wrong-role"),
    ("HISTORY-011", with_field("toolCalls"), "assistant", "user", "wrong-role"),
)
