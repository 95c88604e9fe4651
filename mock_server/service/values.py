"""What goes into the use cases and what comes out of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sigmic_conformance.mock_server.domain.model import Message, Output, Task, ToolCall
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.ports import Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTask:
    """A new task as asked for. `env` and `secrets` have passed `core.variables.check_variables`."""

    message: str
    system_prompt: str | None = None
    show_in_history: bool = True
    auto_execute: bool = True
    env: Mapping[str, str] | None = None
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    upload: Upload | None = None
    unchecked: bool = False
    """The message is taken as it is, however long or blank; only a fault asks for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSummary:
    """One row of the list."""

    task: Task
    message_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """One task as it is now.

    `output` is what the last turn produced, None before the first run (X-13); `pending_approvals` are in the
    order they were asked.
    """

    task: Task
    output: Output | None
    pending_approvals: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A task and its saved conversation, oldest first; the answer in progress is not in it (G-49)."""

    task: Task
    messages: tuple[Message, ...]
