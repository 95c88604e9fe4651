"""An unchanged task is not encoded again; a changed task is."""

import json
from dataclasses import replace

import pytest

from sigmic_mock.domain.model import Output, Task, TaskStatus, ToolCall, ToolStatus
from sigmic_mock.http.task_answers import TaskAnswers
from sigmic_mock.service.tasks import TaskView

TASK = Task(
    id="t",
    project_id="p",
    api_key_id="k",
    username="u",
    message="hi",
    created_at=1,
    status=TaskStatus.COMPLETED,
    completed_at=3,
)
VIEW = TaskView(task=TASK, output=Output(content="4", updated_at=2))


async def test_a_finished_task_is_encoded_once():
    answers = TaskAnswers()

    first = await answers.of(VIEW)

    assert await answers.of(TaskView(task=VIEW.task, output=VIEW.output)) is first
    assert json.loads(first.body)["data"]["output"]["content"] == "4"


@pytest.mark.parametrize(
    "changed",
    [
        replace(VIEW, task=replace(TASK, status=TaskStatus.FAILED, error="no")),
        replace(VIEW, output=Output(content="5", updated_at=2)),
        replace(VIEW, output=None),
    ],
)
async def test_a_task_that_has_changed_is_encoded_anew(changed: TaskView):
    answers = TaskAnswers()
    before = await answers.of(VIEW)

    after = await answers.of(changed)

    assert after.body != before.body
    assert after.body == (await TaskAnswers().of(changed)).body


async def test_a_task_that_waits_for_an_approval_shows_it_whatever_is_kept():
    answers = TaskAnswers()
    _ = await answers.of(VIEW)
    call = ToolCall(call_id="c", tool_name="ls", args={}, status=ToolStatus.AWAITING_APPROVAL)

    waiting = await answers.of(replace(VIEW, pending_approvals=(call,)))

    assert json.loads(waiting.body)["data"]["pendingApprovals"] == [
        {"callId": "c", "toolName": "ls", "args": {}}
    ]


@pytest.mark.parametrize(
    "view",
    [
        replace(VIEW, task=replace(TASK, status=TaskStatus.RUNNING, completed_at=None)),
        replace(VIEW, output=Output(content="x" * 40_000, updated_at=2)),
    ],
    ids=["running", "long"],
)
async def test_what_may_change_or_is_long_is_not_kept(view: TaskView):
    answers = TaskAnswers()

    assert await answers.of(view) is not await answers.of(view)


async def test_the_oldest_answers_go_first():
    answers = TaskAnswers()
    first = await answers.of(VIEW)
    for number in range(256):
        _ = await answers.of(replace(VIEW, task=replace(TASK, id=str(number))))

    assert await answers.of(VIEW) is not first
