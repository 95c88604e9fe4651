"""Invariants of delivery: events reach every reader whole and in time, whatever else is read or sent."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.kit import content
from tests.conformance.traffic import DONE, OWNER, Traffic, agent, user

HI, FOUR = user(1, "Hi"), agent(1, "4")


def replied(text: str) -> Traffic:
    """A finished run that said this, and whose history has the answer 4."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(content(text), DONE, shown=[HI])
    traffic.history(HI, FOUR)
    return traffic


def test_what_no_view_has_told_may_be_of_the_tasks_own_answer():
    """`finalResponse` may be worded apart from what was said (X-04), and texts may grow (G-47)."""
    unread, growing = Traffic(), Traffic()
    unread.create("Hi")
    unread.stream(content("On it."), DONE, shown=[HI])
    growing.create("Hi")
    growing.stream(content("On it. "), content("On it. 4"), DONE, shown=[HI])
    growing.history(HI, FOUR)

    for traffic in (unread, growing):
        row = traffic.evaluation().rows.get("ISOLATION-012")
        assert row is None or not row.breaches


LEFT_OUT = (*OWNER, ("Accept", "*/*"))


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("ISOLATION-012", replied, "4", "of another", "foreign-content"),
    ],
)
def test_delivery(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}
