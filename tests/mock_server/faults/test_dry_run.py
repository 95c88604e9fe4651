"""A dry run records where a fault would change something, in which situations, and how often."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

import pytest

from sigmic_mock.domain.model import Outcome
from sigmic_mock.faults.catalogue import specify
from sigmic_mock.faults.dry_run import DryRun
from sigmic_mock.faults.fault import FaultSpec
from sigmic_mock.faults.trigger import FaultContext
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE
from tests.fakes.waiting import eventually

HISTORY = FaultContext(operation="get_task_history", task="t")


def in_turn(turn: str) -> DryRun:
    def values(dimension: str, _context: FaultContext) -> AbstractSet[str]:
        return frozenset({turn} if dimension == "turn" else ())

    return DryRun([specify("history.role-system", {}), specify("get.message-altered", {})], values)


def test_a_dry_run_does_not_record_a_fault_that_would_change_nothing():
    run = in_turn("second")
    run.note("answer", HISTORY)(lambda _spec: False)

    assert list(run.occasions()) == []


def test_a_fault_of_another_operation_is_not_noted():
    run = in_turn("second")
    run.note("answer", HISTORY)(lambda _spec: True)

    assert list(run.occasions()) == [("history.role-system", {"turn": ["second"]}, 1)]


def test_it_is_asked_once_a_situation_whether_a_fault_would_act():
    asked: list[str] = []

    def acts(spec: FaultSpec) -> bool:
        asked.append(spec.fault.id)
        return True

    run = in_turn("second")
    for _ in range(3):
        run.note("answer", HISTORY)(acts)

    assert asked == ["history.role-system"]
    assert [count for *_, count in run.occasions()] == [3]


def test_a_dry_run_records_the_situation_at_the_start_of_a_check_not_at_its_end():
    now = {"turn": "second"}
    run = DryRun(
        [specify("history.role-system", {})], lambda name, _: frozenset({now[name]} if name in now else ())
    )
    tell = run.note("answer", HISTORY)
    now["body"] = "json"
    tell(lambda _spec: True)

    assert list(run.occasions()) == [("history.role-system", {"turn": ["second"]}, 1)]


def test_a_dry_run_records_a_fault_only_in_the_states_that_its_row_concerns():
    def values(state: str) -> Callable[[str, FaultContext], AbstractSet[str]]:
        return lambda dimension, _context: frozenset({state} if dimension == "state" else ())

    met = {}
    for state in ("completed", "awaiting_approval"):
        run = DryRun([specify("get.waiting-call-executing", {})], values(state))
        run.note("answer", FaultContext(operation="get_task", task="t"))(lambda _spec: True)
        met[state] = [situation for _, situation, _ in run.occasions()]

    assert met == {"completed": [], "awaiting_approval": [{"state": ["awaiting_approval"]}]}


# An effect that appears later counts when a client could detect it.


async def answered(house: FaultyHouse, task_id: str, outcome: Outcome) -> None:
    await eventually(lambda: bool(house.turns.pending_approvals(task_id)))
    call = house.turns.pending_approvals(task_id)[0]
    await house.tasks.approve(ALICE, task_id, call.call_id, outcome)


@pytest.mark.parametrize(
    ("fault", "outcome", "tools", "times"),
    [
        ("approval.once-is-always", Outcome.PROCEED_ONCE, ["list_directory", "run_shell_command"], 0),
        ("approval.once-is-always", Outcome.PROCEED_ONCE, ["list_directory", "list_directory"], 1),
        ("approval.always-forgotten", Outcome.PROCEED_ALWAYS, ["list_directory"], 0),
        ("approval.always-forgotten", Outcome.PROCEED_ALWAYS, ["list_directory", "list_directory"], 1),
        ("approval.proceed-refuses", Outcome.PROCEED_ONCE, ["list_directory"], 1),
    ],
)
async def test_how_long_an_answer_holds_shows_when_the_tool_is_called_again(
    house: FaultyHouse, fault: str, outcome: Outcome, tools: list[str], times: int
) -> None:
    @house.agent.on("calls")
    async def _(turn) -> None:
        for tool in tools:
            await turn.call_tool(tool, {})

    house.dry_run(fault)
    task_id = await house.create("calls", auto_execute=False)
    stream = await house.listen(task_id)
    for _tool in tools if outcome is Outcome.PROCEED_ONCE else tools[:1]:
        await answered(house, task_id, outcome)
    await house.heard(stream)

    assert house.recorded() == [fault] * times
