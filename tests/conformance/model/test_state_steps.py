"""Invariants of the steps of a task's life: what has begun, what is over and what waits."""

import pytest

from tests.conformance.kit import call
from tests.conformance.traffic import Traffic, user

HI = user(1, "Hi")


def waiting() -> Traffic:
    """A task that was told to wait, and whose reader has left."""
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    traffic.stream(call("one", status="awaiting_approval"), shown=[HI], closed="hung-up")
    traffic.get("awaiting_approval")
    return traffic


@pytest.mark.parametrize(
    ("told", "reasons"),
    [
        (("running", "pending"), {"impossible-step"}),
        (("completed", "pending"), {"impossible-step"}),
        (("running", "awaiting_approval"), set()),
        (("queued", "pending", "running", "completed"), set()),
    ],
)
def test_what_has_begun_is_not_pending_again(told: tuple[str, ...], reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi")
    for status in told:
        traffic.get(status)

    assert {breach.reason for breach in traffic.row("STATE-001").breaches} == reasons


def test_a_follow_up_may_be_pending():
    traffic = Traffic().begun()
    traffic.get("completed")
    traffic.say("More")
    traffic.get("pending")

    assert not traffic.row("STATE-001").breaches


@pytest.mark.parametrize(("status", "reasons"), [("completed", set()), ("running", {"no-such-step"})])
def test_what_is_over_takes_no_step(status: str, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.get(status)

    assert traffic.reasons("STATE-010") == reasons


@pytest.mark.parametrize(
    ("status", "reasons"), [("awaiting_approval", set()), ("failed", set()), ("running", {"no-such-step"})]
)
def test_what_waits_takes_no_step_of_itself(status: str, reasons: set[str]):
    traffic = waiting()
    traffic.get(status)

    assert traffic.reasons("STATE-010") == reasons


def test_what_waits_may_go_on_when_somebody_decides():
    traffic = waiting()
    traffic.approve("two")
    traffic.get("running")

    assert not traffic.row("STATE-010").breaches


@pytest.mark.parametrize(
    ("answered", "pending", "later", "reasons"),
    [
        ("one", ["one"], 10.0, {"stuck"}),
        ("one", ["one"], 2.0, set()),  # it may not have been taken yet
        ("one", ["two"], 10.0, set()),
        ("two", ["one", "two"], 10.0, set()),
    ],
)
def test_an_answered_task_does_not_wait(answered: str, pending: list[str], later: float, reasons: set[str]):
    traffic = waiting()
    traffic.approve(answered)
    traffic.now += later
    traffic.get("awaiting_approval", fields={"pendingApprovals": [{"callId": name} for name in pending]})

    assert traffic.reasons("STATE-004") == reasons
