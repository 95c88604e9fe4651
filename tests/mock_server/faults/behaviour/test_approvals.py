"""Tests of approvals that are lost, misheard, or answered for more calls than the one."""

import pytest

from sigmic_conformance.mock_server.agent.turn import PLAIN
from sigmic_conformance.mock_server.domain.model import Outcome, ToolStatus
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually


@pytest.fixture
async def stream(house: FaultyHouse) -> RecordingSubscriber:
    """Return the stream of a task whose turn calls two tools, one after the other."""

    @house.agent.on("work")
    async def _(turn) -> None:
        await turn.say("begun, ")
        for tool in ("run_shell_command", "list_directory"):
            await turn.call_tool(tool, {"command": tool})

    return await house.listen(await house.create("work", auto_execute=False))


async def answered(house: FaultyHouse, outcome: Outcome) -> bool:
    """Answer the approval request that is open or comes next."""
    [task_id] = house.runs.of_project("project")
    await eventually(lambda: bool(house.runs.pending_approvals(task_id)))
    [call] = house.runs.pending_approvals(task_id)
    return await house.tasks.approve(ALICE, task_id, call.call_id, outcome)


async def test_a_refusal_clears_the_output_but_not_what_waits(
    house: FaultyHouse, stream: RecordingSubscriber
) -> None:
    [task_id] = house.runs.of_project("project")
    house.arm("approve.cancel-clears-output", times=1)
    await answered(house, Outcome.CANCEL)
    await eventually(lambda: len(stream.payloads("tool_call")) == 2)

    output = (await house.tasks.get(ALICE, task_id)).output
    assert output is not None
    assert output.content == ""
    assert [(call.tool_name, call.status) for call in output.tool_calls] == [
        ("list_directory", ToolStatus.AWAITING_APPROVAL)
    ]


async def test_one_answer_counts_for_every_call_that_waits(house: FaultyHouse) -> None:
    @house.agent.on("both")
    async def _(turn) -> None:
        await turn.together(
            [(tool, {"command": tool}, PLAIN) for tool in ("run_shell_command", "list_directory")]
        )

    task_id = await house.create("both", auto_execute=False)
    stream = await house.listen(task_id)
    await eventually(lambda: len(house.runs.pending_approvals(task_id)) == 2)
    armed = house.arm("approve.answers-all")

    first = house.runs.pending_approvals(task_id)[0]
    await house.tasks.approve(ALICE, task_id, first.call_id, Outcome.CANCEL)
    await house.heard(stream)

    assert [p["status"] for p in stream.payloads("tool_result")] == ["cancelled", "cancelled"]
    assert armed.fired == 1


async def test_the_only_call_that_waits_is_no_occasion_to_answer_all(
    house: FaultyHouse, stream: RecordingSubscriber
) -> None:
    armed = house.arm("approve.answers-all")
    await answered(house, Outcome.PROCEED_ONCE)

    assert armed.fired == 0


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
async def test_for_how_long_an_answer_holds_is_rehearsed_where_the_tool_is_called_again(
    house: FaultyHouse, fault: str, outcome: Outcome, tools: list[str], times: int
) -> None:
    @house.agent.on("calls")
    async def _(turn) -> None:
        for tool in tools:
            await turn.call_tool(tool, {})

    house.rehearse(fault)
    stream = await house.listen(await house.create("calls", auto_execute=False))
    for _tool in tools if outcome is Outcome.PROCEED_ONCE else tools[:1]:
        await answered(house, outcome)
    await house.heard(stream)

    assert house.rehearsed() == [fault] * times
