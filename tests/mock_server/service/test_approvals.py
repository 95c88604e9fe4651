"""Approvals: which calls ask, which callers answer, and the result of the call."""

import asyncio

import pytest

from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Outcome, TaskStatus
from sigmic_mock.domain.policy import Policy, ProjectRules
from sigmic_mock.domain.project_settings import ProjectSettings
from tests.fakes.house import ALICE, House
from tests.fakes.waiting import eventually


@pytest.fixture
def calls(house: House) -> list[ToolOutcome]:
    """Let the agent call one tool, then another, on the message `work`; return the list of their outcomes."""
    outcomes: list[ToolOutcome] = []

    @house.agent.on("work")
    async def _(turn) -> None:
        shell = ("run_shell_command", {"command": "x"})
        for name, args in (shell, shell, ("list_directory", {})):
            outcomes.append(await turn.call_tool(name, args))
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


async def test_an_approval_without_a_decision_counts_as_refused_in_the_end(
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
    await house.layer.project_settings.change("project", ProjectSettings(rules=denied))
    await answer(house, task_id, Outcome.PROCEED_ONCE)
    await answer(house, task_id, Outcome.PROCEED_ONCE)
    await house.heard(stream)

    assert stream.text == "success error success"
