"""What a task of which a call waits is told to be, and what of its calls."""

import pytest

from tests.conformance.kit import call
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
