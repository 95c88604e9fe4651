"""Invariants of STATE, CANCEL and of waiting calls: a final status stays, and all are told the same."""

import pytest

from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import call, content, event
from tests.conformance.traffic import Traffic, agent, user

HI, FOUR = user(1, "Hi"), agent(1, "4")
ASKING = call("one", status="awaiting_approval")


def waiting() -> Traffic:
    """A task of which a call waits, and whose reader has left."""
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    traffic.stream(ASKING, shown=[HI], closed="hung-up")
    return traffic


@pytest.mark.parametrize(
    ("code", "status", "reasons"), [(409, "completed", set()), (200, "cancelled", {"status-changed"})]
)
def test_cancelling_a_finished_task(code: int, status: str, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.cancel(status=code)
    traffic.get(status)

    assert traffic.reasons("CANCEL-008") == reasons


@pytest.mark.parametrize(
    ("status", "reasons"), [("cancelled", set()), ("completed", set()), ("running", {"not-cancelled"})]
)
def test_a_cancelled_task_is_not_at_work(status: str, reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.get("running")
    traffic.cancel()
    traffic.get(status)

    assert traffic.reasons("CANCEL-001") == reasons


@pytest.mark.parametrize(("status", "reasons"), [("cancelled", set()), ("failed", {"not-cancelled"})])
def test_a_task_that_was_told_to_be_cancelled(status: str, reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.cancel()
    traffic.history(user(1, "Hi"), told="cancelled")
    traffic.get(status)

    assert traffic.reasons("CANCEL-001") == reasons


@pytest.mark.parametrize(("status", "reasons"), [("cancelled", set()), ("completed", {"not-cancelled"})])
def test_a_task_that_is_cancelled_while_a_call_waits(status: str, reasons: set[str]):
    traffic = waiting()
    traffic.cancel()
    traffic.get(status)

    assert traffic.reasons("CANCEL-011") == reasons


def test_a_cancelled_task_can_be_read():
    for code in (200, 404):
        traffic = Traffic()
        traffic.create("Hi")
        traffic.cancel()
        traffic.add("GET", "/api/v1/tasks/t/history", {"messages": []}, status=code)
        traffic.add("GET", "/api/v1/tasks/t", {"status": "cancelled"}, status=code)

        assert traffic.reasons("CANCEL-014") == ({"not-readable"} if code == 404 else set())
        assert traffic.reasons("CANCEL-001") == ({"not-cancelled"} if code == 404 else set())


@pytest.mark.parametrize(("message", "reasons"), [("Task cancelled", set()), ("ok", {"other-message"})])
def test_what_a_cancellation_answers(message: str, reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.add("DELETE", "/api/v1/tasks/t", {"message": message})
    traffic.get("cancelled")

    assert traffic.reasons("CANCEL-005") == reasons


def test_a_cancellation_that_came_too_late_may_say_so():
    """Nobody had looked: the task may have ended by itself before it was cancelled (G-71)."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.add("DELETE", "/api/v1/tasks/t", {"message": "It was over already"})
    traffic.get("completed")

    assert "CANCEL-005" not in traffic.evaluation().rows


@pytest.mark.parametrize(("status", "reasons"), [("cancelled", set()), ("completed", {"state-changed"})])
def test_a_repeated_cancellation(status: str, reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.cancel()
    traffic.get("cancelled")
    traffic.cancel(status=409)
    traffic.get(status)

    assert traffic.reasons("HTTP-007") == reasons


@pytest.mark.parametrize(
    ("pending", "reasons"), [(["one"], set()), ([], {"not-listed"}), (["two"], {"not-listed"})]
)
def test_a_waiting_call_is_listed(pending: list[str], reasons: set[str]):
    traffic = waiting()
    traffic.get("awaiting_approval", fields={"pendingApprovals": [{"callId": name} for name in pending]})

    assert traffic.reasons("GET-019") == reasons


@pytest.mark.parametrize(("status", "reasons"), [("awaiting_approval", set()), ("running", {"other-status"})])
def test_a_task_of_which_a_call_waits_says_so(status: str, reasons: set[str]):
    traffic = waiting()
    traffic.get(status)
    traffic.history(HI, told=status)
    traffic.listing({"id": "t", "status": status})

    assert traffic.reasons("APPROVE-002") == reasons
    assert len(traffic.row("APPROVE-002").breaches) == 3 * len(reasons)


def test_nothing_waits_in_a_completed_task():
    for fields, reasons in (({}, set()), ({"pendingApprovals": [{"callId": "one"}]}, {"not-absent"})):
        traffic = Traffic().begun()
        traffic.get(fields=fields)

        assert traffic.reasons("GET-018") == reasons


@pytest.mark.parametrize(("pending", "reasons"), [([], set()), (["one"], {"still-pending"})])
def test_an_answered_call_is_gone(pending: list[str], reasons: set[str]):
    traffic = waiting()
    traffic.approve("one")
    traffic.get("running", fields={"pendingApprovals": [{"callId": name} for name in pending]})

    assert traffic.reasons("GET-028") == reasons


@pytest.mark.parametrize(("pending", "reasons"), [(["one"], set()), ([], {"call-gone"})])
def test_a_refused_answer_leaves_the_call_waiting(pending: list[str], reasons: set[str]):
    traffic = waiting()
    traffic.approve("one", "perhaps", status=400)
    traffic.get("awaiting_approval", fields={"pendingApprovals": [{"callId": name} for name in pending]})

    assert traffic.reasons("APPROVE-010") == reasons


def cancelled_while_heard(*live: bytes, closed: Closed = Closed.COMPLETE, took: float = 9.0) -> Traffic:
    """A task that is cancelled in the fourth second, while a reader listens since the first."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.now = 4.0
    traffic.cancel()
    traffic.now = 1.0
    traffic.stream(content("a"), *live, shown=[HI], step=1.0, closed=closed, took=took)
    return traffic


@pytest.mark.parametrize(("live", "reasons"), [((), set()), ((call("c"),), {"went-on"})])
def test_a_cancelled_task_calls_nothing_more(live: tuple[bytes, ...], reasons: set[str]):
    traffic = cancelled_while_heard()
    traffic.now = 20.0
    traffic.stream(*live, shown=[HI], streaming=bool(live))

    assert traffic.reasons("CANCEL-003") == reasons


def test_the_streams_of_a_cancelled_task_end():
    assert cancelled_while_heard(event("error", message="x")).reasons("CANCEL-009") == set()
    late = cancelled_while_heard(closed=Closed.DEADLINE, took=30.0)
    assert late.reasons("CANCEL-009") == {"left-open"}
