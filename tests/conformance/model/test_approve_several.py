"""Invariants of several calls in one task: each is answered by itself, one tool's answer is for no other."""

import pytest

from tests.conformance.kit import LIVE, STREAM, call, event, result
from tests.conformance.traffic import DONE, TASKS, Traffic, user

HI = user(1, "Hi")


def asking(name: str, tool: str = "t") -> bytes:
    return call(name, toolName=tool, status="awaiting_approval")


def waiting(*names: str) -> Traffic:
    """A task whose calls wait, and whose reader has left."""
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    traffic.stream(*map(asking, names), shown=[HI], closed="hung-up")
    return traffic


def other_tool(second: bytes) -> Traffic:
    traffic = waiting("one")
    traffic.approve("one", "proceed_always")
    traffic.stream(asking("one"), result("one", "x"), second, shown=[HI], closed="hung-up")
    return traffic


@pytest.mark.parametrize(
    ("second", "reasons"),
    [(asking("two", "u"), set()), (call("two", toolName="u"), {"other-scope"})],
    ids=["asks", "runs"],
)
def test_always_is_for_one_tool(second: bytes, reasons: set[str]):
    assert other_tool(second).reasons("APPROVE-017") == reasons


@pytest.mark.parametrize(
    ("pending", "reasons"),
    [(["two"], set()), (["one", "two"], {"not-by-itself"}), ([], {"not-by-itself"})],
    ids=["the other", "both", "none"],
)
def test_of_two_that_wait_the_other_is_listed(pending: list[str], reasons: set[str]):
    traffic = waiting("one", "two")
    traffic.approve("one")
    traffic.get("awaiting_approval", fields={"pendingApprovals": [{"callId": each} for each in pending]})

    assert traffic.reasons("APPROVE-020") == reasons


def heard(*answers: tuple[str, str], after: float = 4.0, end: bytes = DONE) -> Traffic:
    """Two calls that wait, what is answered one after another, and that the second goes on after so long."""
    traffic = Traffic()
    traffic.create("Hi", fields={"autoExecute": False})
    began = traffic.now
    pieces = (
        (0.1, LIVE),
        (0.2, asking("one")),
        (0.3, asking("two")),
        (after, result("two", "x")),
        (40.0, end),
    )
    chunks = [(began + at, piece) for at, piece in pieces]
    traffic.add("GET", f"{TASKS}/t/stream", chunks=chunks, took=41.0, answered=STREAM)
    traffic.now = began + 0.4
    for name, outcome in answers:
        traffic.approve(name, outcome)
    return traffic


ONE = ("one", "proceed_once")


@pytest.mark.parametrize("outcome", ["proceed_once", "cancel"])
def test_a_call_goes_on_by_its_own_answer(outcome: str):
    own = heard(("one", outcome), ("two", "cancel"))
    another = heard(("one", outcome))

    assert own.reasons("APPROVE-020") == set()
    assert "APPROVE-020" in own.evaluation().rows
    assert another.reasons("APPROVE-020") == {"not-by-itself"}


@pytest.mark.parametrize(
    "traffic",
    [
        heard(("one", "proceed_always")),
        heard(ONE, after=30.0),
        heard(ONE, end=event("error", message="No")),
    ],
    ids=["for always", "long after", "the turn fails"],
)
def test_what_may_be_let_go_by_something_else_is_not_judged(traffic: Traffic):
    assert "APPROVE-020" not in traffic.evaluation().rows
