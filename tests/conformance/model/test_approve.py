"""Invariants of APPROVE: a call that asks waits for its answer, and does what the answer says."""

import pytest

from tests.conformance.kit import call, result
from tests.conformance.traffic import DONE, SECOND_KEY, Traffic, agent, user

HI, FOUR, MORE = user(1, "Hi"), agent(1, "4"), user(2, "More")


def asks(name: str, tool: str = "shell") -> bytes:
    return call(name, toolName=tool, status="awaiting_approval")


def runs(name: str, tool: str = "shell") -> bytes:
    return call(name, toolName=tool)


def decided(*live: bytes, outcome: str = "proceed_once", **create) -> Traffic:
    """A call that asks after a second, is answered in the fourth, and what is heard from then on."""
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False} | create)
    traffic.now = 4.0
    traffic.approve("one", outcome)
    traffic.now = 1.0
    traffic.stream(asks("one"), *live, shown=[HI], step=0.5 if not live else 1.5)
    return traffic


def test_a_call_does_not_run_before_it_is_answered():
    assert decided(runs("one"), result("one", "x"), DONE).reasons("APPROVE-001") == set()

    unasked = Traffic()
    unasked.create("Hi", fields={"autoExecute": False})
    unasked.stream(asks("one"), result("one", "x"), DONE, shown=[HI])
    assert unasked.reasons("APPROVE-001") == {"ran-unasked"}


def test_a_refused_answer_lets_nothing_run():
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    traffic.approve("one", status=403, headers=SECOND_KEY, role="second")
    traffic.stream(asks("one"), result("one", "x"), DONE, shown=[HI])

    assert traffic.reasons("APPROVE-001") == {"ran-unasked"}


@pytest.mark.parametrize(("first", "reasons"), [(runs("one"), set()), (asks("one"), {"asked"})])
def test_an_automatic_task_never_asks(first, reasons):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(first, shown=[HI])

    assert traffic.reasons("CREATE-019") == reasons


def test_policies_of_a_project_may_ask_in_an_automatic_task():
    traffic = Traffic()
    traffic.create("Hi", role="mcp")
    traffic.stream(asks("one"), shown=[HI], role="mcp")

    assert not traffic.row("CREATE-019").breaches


@pytest.mark.parametrize(("second", "reasons"), [(asks("two"), set()), (runs("two"), {"not-asked-again"})])
def test_once_is_once_in_the_next_turn_as_well(second, reasons):
    traffic = decided(result("one", "x"), DONE)
    traffic.now = 20.0
    traffic.get("completed")
    traffic.say("More")
    traffic.stream(second, shown=[HI, FOUR, MORE])

    assert traffic.reasons("APPROVE-007") == reasons
    assert traffic.reasons("APPROVE-016") == ({"ran-unasked"} if reasons else set())


@pytest.mark.parametrize(
    ("row", "status", "outcome"),
    [("APPROVE-007", "executing", "proceed_once"), ("APPROVE-008", "awaiting_approval", "proceed_always")],
)
@pytest.mark.parametrize(("command", "alike"), [("rm n2.txt", True), ("echo n2", False)])
def test_another_command_may_be_another_matter(row, status, outcome, command, alike):
    def told(name: str, status: str, command: str) -> bytes:
        return call(name, status=status, args={"command": command})

    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    traffic.now = 4.0
    traffic.approve("one", outcome)
    traffic.now = 1.0
    first = told("one", "awaiting_approval", "rm n1.txt")
    traffic.stream(first, result("one", "x"), DONE, shown=[HI], step=1.5)
    traffic.now = 20.0
    traffic.get("completed")
    traffic.say("More")
    traffic.stream(told("two", status, command), shown=[HI, FOUR, MORE])

    assert bool(traffic.row(row).breaches) is alike


@pytest.mark.parametrize(
    ("second", "reasons"),
    [(runs("two"), set()), (asks("two"), {"asked-again"}), (asks("two", "write_file"), set())],
)
def test_always_is_always_in_the_next_turn_as_well(second, reasons):
    traffic = decided(result("one", "x"), DONE, outcome="proceed_always")
    traffic.now = 20.0
    traffic.get("completed")
    traffic.say("More")
    traffic.stream(runs("zero"), second, shown=[HI, FOUR, MORE])

    assert traffic.reasons("APPROVE-008") == reasons


@pytest.mark.parametrize(("said", "is_told"), [(32.0, True), (36.0, False)])
def test_always_holds_where_the_session_cannot_have_been_idle_for_long(said: float, *, is_told: bool):
    traffic = Traffic(session_expiry_seconds=6.0)
    traffic.create("Hi", fields={"autoExecute": False})
    traffic.now = 20.0
    traffic.approve("one", "proceed_always")
    traffic.now = 1.0
    traffic.stream(asks("one"), result("one", "x"), DONE, shown=[HI], step=6.0, took=30.5)
    traffic.now = said
    traffic.say("More")
    traffic.stream(asks("two"), shown=[HI, FOUR, MORE])

    assert ("APPROVE-008" in traffic.evaluation().rows) is is_told


@pytest.mark.parametrize(("status", "reasons"), [("cancelled", set()), ("success", {"ran-although-refused"})])
def test_a_rejected_call_does_not_succeed(status, reasons):
    assert decided(result("one", "x", status), DONE, outcome="cancel").reasons("APPROVE-006") == reasons


def test_an_approved_call_has_a_result():
    assert decided(result("one", "x"), DONE).reasons("APPROVE-003") == set()
    assert decided(runs("one"), DONE).reasons("APPROVE-003") == {"did-not-run"}
    assert decided(result("one", "x", status="cancelled"), DONE).reasons("APPROVE-003") == {"did-not-run"}


def test_a_call_that_may_have_been_rejected_before_it_was_approved_need_not_run():
    traffic = decided(DONE, outcome="cancel")
    traffic.now = 4.5
    traffic.approve("one", "proceed_once")

    assert not traffic.row("APPROVE-003").spoke


def test_a_call_that_is_approved_twice_runs_once():
    for live, reasons in (((result("one", "x"),), set()), ((result("one", "x"),) * 2, {"ran-twice"})):
        traffic = decided(*live, DONE)
        traffic.now = 4.5
        traffic.approve("one", status=404)

        assert traffic.reasons("APPROVE-013") == reasons


@pytest.mark.parametrize(
    ("row", "outcome", "told", "reasons"),
    [
        ("APPROVE-004", "proceed_once", True, set()),
        ("APPROVE-004", "proceed_always", False, {"wrong-answer"}),
        ("APPROVE-005", "cancel", False, set()),
        ("APPROVE-005", "cancel", True, {"wrong-answer"}),
    ],
)
def test_what_an_answer_is_told(row, outcome, told, reasons):
    traffic = waiting()
    traffic.approve("one", outcome, data={"approved": told})

    assert traffic.reasons(row) == reasons


@pytest.mark.parametrize("told", [True, False])
def test_what_a_second_answer_is_told_is_free(told):
    traffic = waiting()
    traffic.approve("one", "cancel", data={"approved": False})
    traffic.approve("one", "proceed_once", data={"approved": told})

    assert not traffic.row("APPROVE-004").spoke


def test_what_an_answer_to_a_call_that_does_not_wait_is_told_is_free():
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(runs("one"), shown=[HI], closed="hung-up")
    traffic.approve("one", data={"approved": False})

    assert not traffic.row("APPROVE-004").spoke


def waiting() -> Traffic:
    """A call that waits, of which a reader has heard."""
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    traffic.stream(asks("one"), shown=[HI], closed="hung-up")
    return traffic


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (404, {"ids-differ"})])
def test_a_waiting_call_can_be_answered(status, reasons):
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    traffic.stream(asks("one"), shown=[HI], closed="hung-up")
    traffic.approve("one", status=status)

    assert traffic.reasons("APPROVE-011") == reasons


def cancelled_and_asked_again() -> Traffic:
    """A first turn that was cancelled while its call waited, and a second whose call waits."""
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    traffic.stream(asks("one"), shown=[HI], closed="hung-up")
    traffic.cancel()
    traffic.get("cancelled")
    traffic.say("More")
    traffic.stream(asks("two"), shown=[HI, user(2, "More")], closed="hung-up")
    return traffic


def test_a_call_waits_no_more_in_a_later_turn_and_an_earlier_cancellation_meets_no_later_turn():
    traffic = cancelled_and_asked_again()
    traffic.get("awaiting_approval", fields={"pendingApprovals": [{"callId": "two"}]})

    assert traffic.reasons("GET-019") == set()


def test_an_answer_is_refused_in_a_turn_after_a_cancelled_one():
    traffic = cancelled_and_asked_again()
    traffic.approve("two", status=404)

    assert traffic.reasons("APPROVE-011") == {"ids-differ"}


@pytest.mark.parametrize(("name", "reasons"), [("one", set()), ("two", {"ids-differ"})])
def test_what_is_pending_was_heard(name, reasons):
    traffic = decided(result("one", "x"), DONE)
    traffic.now = 3.0
    traffic.get("awaiting_approval", fields={"pendingApprovals": [{"callId": name}]})

    assert traffic.reasons("APPROVE-011") == reasons
