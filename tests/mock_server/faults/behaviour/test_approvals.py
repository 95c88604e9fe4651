"""Tests of approvals that are lost, misheard, or answered for more calls than the one."""

import pytest

from sigmic_conformance.mock_server.agent.turn import PLAIN
from sigmic_conformance.mock_server.domain.model import Outcome, TaskStatus, ToolStatus
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


def statuses(stream: RecordingSubscriber) -> list[tuple[str, str]]:
    named = [each for each in stream.events if each[0] in {"tool_call", "tool_result"}]
    return [(name.removeprefix("tool_"), payload["status"]) for name, payload in named]


@pytest.mark.parametrize(
    ("fault", "outcome", "result"),
    [
        ("approval.cancel-runs", Outcome.CANCEL, "success"),
        ("approval.proceed-refuses", Outcome.PROCEED_ONCE, "cancelled"),
    ],
)
async def test_an_answer_is_heard_as_another_one(
    house: FaultyHouse, stream: RecordingSubscriber, fault: str, outcome: Outcome, result: str
) -> None:
    armed = house.arm(fault, times=1)
    await answered(house, outcome)
    await eventually(lambda: bool(stream.payloads("tool_result")))

    assert stream.payloads("tool_result")[0]["status"] == result
    assert armed.fired == 1


async def test_an_answer_is_lost_and_the_call_waits_on(
    house: FaultyHouse, stream: RecordingSubscriber
) -> None:
    house.arm("approve.lost", times=1)

    assert await answered(house, Outcome.PROCEED_ONCE) is True
    [task_id] = house.runs.of_project("project")
    assert await house.status(task_id) is TaskStatus.AWAITING_APPROVAL
    assert await answered(house, Outcome.PROCEED_ONCE) is True


async def test_always_allows_every_tool(house: FaultyHouse, stream: RecordingSubscriber) -> None:
    house.arm("approve.always-for-all")
    await answered(house, Outcome.PROCEED_ALWAYS)
    await house.heard(stream)

    assert [p["status"] for p in stream.payloads("tool_call")] == [
        "awaiting_approval",
        "executing",
        "executing",
    ]


async def test_a_refused_call_is_shown_executing(house: FaultyHouse, stream: RecordingSubscriber) -> None:
    house.arm("approve.cancel-executes", times=1)
    await answered(house, Outcome.CANCEL)
    await eventually(lambda: len(stream.payloads("tool_call")) == 3)

    assert statuses(stream)[:3] == [
        ("call", "awaiting_approval"),
        ("call", "executing"),
        ("result", "cancelled"),
    ]


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
