"""The lifecycle of a task: one table of state and input. All changes of a task's status follow it.

The picture in `docs/reference/task-lifecycle.md` is drawn from this table by `diagram`.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Task, TaskStatus


class Input(StrEnum):
    """The events that can change a task's state."""

    START = "start"
    """Its first run begins."""
    ASK = "ask"
    """A tool call needs an approval."""
    DECIDE = "decide"
    """The last open approval was answered."""
    COMPLETE = "complete"
    """The agent finished its turn."""
    FAIL = "fail"
    """The agent gave up."""
    CANCEL = "cancel"
    """A caller cancelled it."""
    CRASH = "crash"
    """The server went down under it."""
    FOLLOW_UP = "follow_up"
    """A caller sent another message."""


_P, _R, _A = TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.AWAITING_APPROVAL
_COMPLETED, _FAILED, _CANCELLED = TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED

TRANSITIONS: Mapping[tuple[TaskStatus, Input], TaskStatus] = MappingProxyType(
    {
        (_P, Input.START): _R,
        (_P, Input.FAIL): _FAILED,
        (_P, Input.CANCEL): _CANCELLED,
        (_P, Input.CRASH): _FAILED,
        (_R, Input.ASK): _A,
        (_R, Input.COMPLETE): _COMPLETED,
        (_R, Input.FAIL): _FAILED,
        (_R, Input.CANCEL): _CANCELLED,
        (_R, Input.CRASH): _FAILED,
        (_A, Input.ASK): _A,  # a second call asks while the first one waits (G-69)
        (_A, Input.DECIDE): _R,
        (_A, Input.FAIL): _FAILED,
        (_A, Input.CANCEL): _CANCELLED,  # G-72
        (_A, Input.CRASH): _FAILED,
        (_COMPLETED, Input.FOLLOW_UP): _R,
        (_FAILED, Input.FOLLOW_UP): _R,  # G-60
        (_CANCELLED, Input.FOLLOW_UP): _R,  # G-60, G-75
    }
)


class IllegalTransition(ApiError):
    """A task in `status` does not accept `input`: a CONFLICT for a caller (G-59, G-71)."""

    def __init__(self, status: TaskStatus, input: Input) -> None:
        action = {Input.FOLLOW_UP: "take a message", Input.CANCEL: "be cancelled"}.get(input, input.value)
        super().__init__(ErrorCode.CONFLICT, f"A task that is {status} cannot {action}")


def next_status(status: TaskStatus, input: Input) -> TaskStatus:
    """Return the status after `input`; raises IllegalTransition."""
    try:
        return TRANSITIONS[status, input]
    except KeyError:
        raise IllegalTransition(status, input) from None


def advance(task: Task, input: Input, now: int, *, error: str | None = None) -> Task:
    """Return the task after `input` at `now` (ms); raises IllegalTransition.

    The start of a run sets `started_at` and clears the results of the last one (G-39); its end sets
    `completed_at`, and `error` for a failed task alone (G-73).
    """
    status = next_status(task.status, input)
    if input in {Input.START, Input.FOLLOW_UP}:
        return replace(task, status=status, started_at=now, completed_at=None, error=None)
    if status.is_final:
        return replace(task, status=status, completed_at=now, error=error if status is _FAILED else None)
    return replace(task, status=status)


def diagram() -> str:
    """Draw the table as a Mermaid state diagram; inputs with the same ends share an arrow."""
    arrows: dict[tuple[TaskStatus, TaskStatus], list[str]] = {}
    for (before, taken), after in TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(taken.value)
    lines = [f"    {before} --> {after}: {', '.join(inputs)}" for (before, after), inputs in arrows.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {_P}", *lines])
