"""The table of a task's lifecycle, and the diagram generated from it."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from sigmic_mock.domain.errors import ErrorCode
from sigmic_mock.domain.lifecycle import (
    TRANSITIONS,
    IllegalTransition,
    Input,
    advance,
    next_status,
)
from sigmic_mock.domain.model import Task, TaskStatus

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "task-lifecycle.md"
TASK = Task(id="t", project_id="p", api_key_id="k", username="u", message="m", created_at=1_000)


def test_every_pair_of_status_and_input_has_a_next_status_or_is_refused() -> None:
    for status, taken in product(TaskStatus, Input):
        if (status, taken) in TRANSITIONS:
            assert next_status(status, taken) is TRANSITIONS[status, taken]
        else:
            with pytest.raises(IllegalTransition):
                next_status(status, taken)


def test_a_finished_task_takes_a_follow_up_and_nothing_else() -> None:
    for status in TaskStatus:
        taken = {taken for taken in Input if (status, taken) in TRANSITIONS}
        assert (taken == {Input.FOLLOW_UP}) is status.is_final


def test_whatever_is_not_finished_can_be_cancelled_can_fail_and_can_crash() -> None:
    for status in TaskStatus:
        if not status.is_final:
            assert next_status(status, Input.CANCEL) is TaskStatus.CANCELLED
            assert next_status(status, Input.FAIL) is TaskStatus.FAILED
            assert next_status(status, Input.CRASH) is TaskStatus.FAILED


def test_every_status_can_be_reached() -> None:
    reached = {TaskStatus.PENDING}
    for _ in TaskStatus:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}

    assert reached == set(TaskStatus)


@pytest.mark.parametrize(
    ("status", "taken", "message"),
    [
        (TaskStatus.RUNNING, Input.FOLLOW_UP, "A task that is running cannot take a message"),
        (TaskStatus.COMPLETED, Input.CANCEL, "A task that is completed cannot be cancelled"),
    ],
)
def test_a_refusal_is_a_conflict_that_says_why(status: TaskStatus, taken: Input, message: str) -> None:
    refusal = IllegalTransition(status, taken)

    assert (refusal.code, refusal.status, refusal.message) == (ErrorCode.CONFLICT, 409, message)


def test_asking_and_deciding_leave_the_times_alone() -> None:
    running = advance(TASK, Input.START, 2_000)
    asked = advance(running, Input.ASK, 3_000)

    assert asked == replace(running, status=TaskStatus.AWAITING_APPROVAL)
    assert advance(asked, Input.DECIDE, 4_000) == running


def test_the_page_explains_every_input() -> None:
    text = PAGE.read_text()

    assert [taken for taken in Input if f"| `{taken}` |" not in text] == []
