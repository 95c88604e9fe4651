"""A rehearsal notes where a fault would change something, in which situation, and how often."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.mock_server.faults.rehearsal import Rehearsal
from sigmic_conformance.mock_server.faults.spec import FaultSpec
from sigmic_conformance.mock_server.faults.trigger import FaultContext

HISTORY = FaultContext(operation="get_task_history", task="t")


def in_turn(turn: str) -> Rehearsal:
    def values(dimension: str, _context: FaultContext) -> AbstractSet[str]:
        return frozenset({turn} if dimension == "turn" else ())

    return Rehearsal([specify("history.role-system", {}), specify("get.message-altered", {})], values)


def test_what_would_change_nothing_is_not_noted():
    rehearsal = in_turn("second")
    rehearsal.meet("answer", HISTORY, lambda _spec: False)

    assert list(rehearsal.occasions()) == []


def test_a_fault_of_another_operation_is_not_noted():
    rehearsal = in_turn("second")
    rehearsal.meet("answer", HISTORY, lambda _spec: True)

    assert list(rehearsal.occasions()) == [("history.role-system", {"turn": ["second"]}, 1)]


def test_it_is_asked_once_a_situation_whether_a_fault_would_act():
    asked: list[str] = []

    def acts(spec: FaultSpec) -> bool:
        asked.append(spec.fault.id)
        return True

    rehearsal = in_turn("second")
    for _ in range(3):
        rehearsal.meet("answer", HISTORY, acts)

    assert asked == ["history.role-system"]
    assert [count for *_, count in rehearsal.occasions()] == [3]


def test_the_situation_is_that_in_which_a_fault_is_asked_not_that_in_which_it_is_told():
    now = {"turn": "second"}
    rehearsal = Rehearsal(
        [specify("history.role-system", {})], lambda name, _: frozenset({now[name]} if name in now else ())
    )
    tell = rehearsal.note("answer", HISTORY)
    now["body"] = "json"
    tell(lambda _spec: True)

    assert list(rehearsal.occasions()) == [("history.role-system", {"turn": ["second"]}, 1)]


def test_it_concerns_the_points_of_its_faults():
    assert [in_turn("first").concerns(point) for point in ("answer", "frame")] == [True, False]


def test_a_fault_is_met_only_where_its_row_speaks_of_what_it_does():
    def values(state: str) -> Callable[[str, FaultContext], AbstractSet[str]]:
        return lambda dimension, _context: frozenset({state} if dimension == "state" else ())

    met = {}
    for state in ("completed", "awaiting_approval"):
        rehearsal = Rehearsal([specify("get.waiting-call-executing", {})], values(state))
        rehearsal.meet("answer", FaultContext(operation="get_task", task="t"), lambda _spec: True)
        met[state] = [situation for _, situation, _ in rehearsal.occasions()]

    assert met == {"completed": [], "awaiting_approval": [{"state": ["awaiting_approval"]}]}
