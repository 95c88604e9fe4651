"""Tests of approvals: what asks, who answers, and what becomes of the call."""

import asyncio

import pytest

from sigmic_conformance.mock_server.agent.turn import ToolOutcome
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Outcome, TaskStatus, ToolStatus
from sigmic_conformance.mock_server.domain.policy import Policy, ProjectRules
from sigmic_conformance.mock_server.domain.project_settings import ProjectSettings
from tests.fakes.house import ALICE, House
from tests.fakes.waiting import eventually


@pytest.fixture
def calls(house: House) -> list[ToolOutcome]:
    """Let the agent call one tool, then another, on the message `work`; what came of it is kept."""
    outcomes: list[ToolOutcome] = []

    @house.agent.on("work")
    async def _(turn) -> None:
        for tool in ("run_shell_command", "run_shell_command", "list_directory"):
            outcome = await turn.call_tool(tool, {"command": tool})
            outcomes.append(outcome)
        await turn.say(" ".join(outcome.status.value for outcome in outcomes))

    return outcomes


async def waiting(house: House, task_id: str) -> str:
    """Wait for an approval request; return its call id."""
    await house.until(task_id, TaskStatus.AWAITING_APPROVAL)
    [call] = (await house.tasks.get(ALICE, task_id)).pending_approvals
    return call.call_id


async def answer(house: House, task_id: str, outcome: Outcome) -> str:
    call_id = await waiting(house, task_id)
    assert await house.tasks.approve(ALICE, task_id, call_id, outcome) is (outcome is not Outcome.CANCEL)
    return call_id


async def test_without_auto_execute_every_call_asks_and_shows_what_it_asks_for(
    house: House, calls: list[ToolOutcome]
) -> None:
    task_id = await house.create("work", auto_execute=False)
    stream = await house.listen(task_id)
    call_id = await waiting(house, task_id)

    view = await house.tasks.get(ALICE, task_id)
    await eventually(lambda: "tool_call" in stream.names)
    assert stream.events[-1] == (
        "tool_call",
        {
            "callId": call_id,
            "toolName": "run_shell_command",
            "status": "awaiting_approval",
            "args": {"command": "run_shell_command"},
        },
    )
    assert view.output is not None
    assert [call.status for call in view.output.tool_calls] == [ToolStatus.AWAITING_APPROVAL]
    assert [row.task.status for row in (await house.tasks.list(ALICE)).items] == [
        TaskStatus.AWAITING_APPROVAL
    ]
    assert (calls, house.backend.made) == ([], [])


async def test_an_approved_call_runs_and_the_task_is_running_at_once(
    house: House, calls: list[ToolOutcome]
) -> None:
    task_id = await house.create("work", auto_execute=False)
    stream = await house.listen(task_id)
    await answer(house, task_id, Outcome.PROCEED_ONCE)

    view = await house.tasks.get(ALICE, task_id)
    assert (view.task.status, view.pending_approvals) == (TaskStatus.RUNNING, ())
    await answer(house, task_id, Outcome.PROCEED_ONCE)
    await answer(house, task_id, Outcome.PROCEED_ONCE)
    await house.heard(stream)
    assert stream.text == "success success success"


async def test_a_refused_call_has_no_effect_and_the_agent_goes_on(
    house: House, calls: list[ToolOutcome]
) -> None:
    task_id = await house.create("work", auto_execute=False)
    stream = await house.listen(task_id)
    for _ in range(3):
        await answer(house, task_id, Outcome.CANCEL)
    await house.heard(stream)

    assert stream.text == "cancelled cancelled cancelled"
    assert [p["status"] for p in stream.payloads("tool_result")] == ["cancelled"] * 3
    assert await house.status(task_id) is TaskStatus.COMPLETED
    assert house.backend.made == []


async def test_always_holds_for_the_same_tool_in_this_session_only(
    house: House, calls: list[ToolOutcome]
) -> None:
    task_id = await house.create("work", auto_execute=False)
    stream = await house.listen(task_id)
    await answer(house, task_id, Outcome.PROCEED_ALWAYS)
    await answer(house, task_id, Outcome.PROCEED_ONCE)
    await house.heard(stream)
    assert [p["toolName"] for p in stream.payloads("tool_call") if p["status"] == "awaiting_approval"] == [
        "run_shell_command",
        "list_directory",
    ]

    calls.clear()
    await house.tasks.send_message(ALICE, task_id, "work")
    again = await house.listen(task_id)
    await answer(house, task_id, Outcome.PROCEED_ONCE)
    await house.heard(again)
    assert [p["toolName"] for p in again.payloads("tool_call") if p["status"] == "awaiting_approval"] == [
        "list_directory"
    ]

    await house.clock.advance(1800)
    calls.clear()
    await house.tasks.send_message(ALICE, task_id, "work")
    restored = await house.listen(task_id)
    for _ in range(3):
        await answer(house, task_id, Outcome.PROCEED_ONCE)
    await house.heard(restored)


async def test_a_call_is_answered_once(house: House, calls: list[ToolOutcome]) -> None:
    task_id = await house.create("work", auto_execute=False)
    await house.listen(task_id)
    call_id = await waiting(house, task_id)

    results = await asyncio.gather(
        *(house.tasks.approve(ALICE, task_id, call_id, Outcome.PROCEED_ONCE) for _ in range(3)),
        return_exceptions=True,
    )

    assert results.count(True) == 1
    assert {result.code for result in results if isinstance(result, ApiError)} == {ErrorCode.NOT_FOUND}


async def test_two_calls_may_wait_at_once_and_the_task_runs_when_the_last_is_answered(house: House) -> None:
    @house.agent.on("both")
    async def _(turn) -> None:
        await asyncio.gather(
            turn.call_tool("run_shell_command", {"command": "1"}),
            turn.call_tool("list_directory", {"command": "2"}),
        )

    task_id = await house.create("both", auto_execute=False)
    stream = await house.listen(task_id)
    await eventually(lambda: len(stream.payloads("tool_call")) == 2)
    first, second = (await house.tasks.get(ALICE, task_id)).pending_approvals

    await house.tasks.approve(ALICE, task_id, second.call_id, Outcome.PROCEED_ONCE)
    assert await house.status(task_id) is TaskStatus.AWAITING_APPROVAL
    await house.tasks.approve(ALICE, task_id, first.call_id, Outcome.CANCEL)
    assert await house.status(task_id) is TaskStatus.RUNNING
    await house.heard(stream)
    assert {p["callId"]: p["status"] for p in stream.payloads("tool_result")} == {
        first.call_id: "cancelled",
        second.call_id: "success",
    }


async def test_an_approval_that_nobody_gives_counts_as_refused_in_the_end(
    house: House, calls: list[ToolOutcome]
) -> None:
    task_id = await house.create("work", auto_execute=False)
    stream = await house.listen(task_id)
    await waiting(house, task_id)
    await house.clock.advance(24 * 3600 - 1)
    assert calls == []
    await house.clock.advance(1)
    await eventually(lambda: len(calls) == 1)
    await answer(house, task_id, Outcome.PROCEED_ALWAYS)
    await answer(house, task_id, Outcome.CANCEL)
    await house.heard(stream)

    assert stream.text == "cancelled success cancelled"


async def test_changed_settings_apply_from_the_next_tool_call_of_a_running_task(
    house: House, calls: list[ToolOutcome]
) -> None:
    task_id = await house.create("work", auto_execute=False)
    stream = await house.listen(task_id)
    await waiting(house, task_id)
    denied = ProjectRules(tools={"run_shell_command": Policy.DENY})
    house.project_settings["project"] = ProjectSettings(rules=denied)
    await answer(house, task_id, Outcome.PROCEED_ONCE)
    await answer(house, task_id, Outcome.PROCEED_ONCE)
    await house.heard(stream)

    assert stream.text == "success error success"


async def test_a_policy_can_only_make_a_call_stricter(house: House, calls: list[ToolOutcome]) -> None:
    house.project_settings["project"] = ProjectSettings(
        rules=ProjectRules(tools={"run_shell_command": Policy.DENY, "list_directory": Policy.ASK})
    )
    task_id = await house.create("work")
    stream = await house.listen(task_id)
    await answer(house, task_id, Outcome.PROCEED_ONCE)
    await house.heard(stream)

    assert stream.text == "error error success"
    assert len(house.backend.made) == 1
