"""Tasks, messages, tool calls and files, as frozen values.

Times are integer milliseconds since the epoch (UTC); the edge renders them as ISO-8601 (C-07).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class TaskStatus(StrEnum):
    """The six documented statuses of a task."""

    PENDING = "pending"
    RUNNING = "running"
    AWAITING_APPROVAL = "awaiting_approval"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True for completed, failed and cancelled: the status is final until a follow-up."""
        return self in {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED}


class ToolStatus(StrEnum):
    """Statuses of a tool call on the wire."""

    EXECUTING = "executing"
    AWAITING_APPROVAL = "awaiting_approval"
    SUCCESS = "success"
    ERROR = "error"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """The possible answers to an approval request."""

    PROCEED_ONCE = "proceed_once"
    PROCEED_ALWAYS = "proceed_always"
    CANCEL = "cancel"


class Role(StrEnum):
    """Roles of a project's members and keys (decision G-100)."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller: an API key, or an end user behind a widget app's token."""

    project_id: str
    api_key_id: str
    username: str
    role: Role = Role.MEMBER
    app_id: str | None = None
    end_user_id: str | None = None
    token_id: str | None = None

    @property
    def is_end_user(self) -> bool:
        """True when a JWT was used: only that end user's tasks are visible (A-09)."""
        return self.end_user_id is not None


@dataclass(frozen=True, slots=True)
class Thought:
    """One thought of the agent."""

    subject: str
    description: str


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file as the agent finds it: `path` is relative to the workspace (`uploads/data.csv`)."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One tool call of a turn; its `output` stays None until it has ended."""

    call_id: str
    tool_name: str
    status: ToolStatus
    args: Mapping[str, Any] = field(default_factory=dict)
    output: str | None = None


class MessageRole(StrEnum):
    """The two documented roles."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One saved message of a conversation."""

    id: str
    role: MessageRole
    content: str
    created_at: int
    attached_files: tuple[AttachedFile, ...] = ()
    thoughts: tuple[Thought, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The output of the last turn so far (`output` of `get_task`)."""

    content: str = ""
    updated_at: int
    thoughts: tuple[Thought, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to save as an answer: no text, no thought, no tool call."""
        return not (self.content or self.thoughts or self.tool_calls)

    def as_answer(self, id: str, created_at: int) -> Message:
        """Return it as a message of the agent."""
        return Message(
            id=id,
            role=MessageRole.ASSISTANT,
            content=self.content,
            created_at=created_at,
            thoughts=self.thoughts,
            tool_calls=self.tool_calls,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task. `message` stays the first one (G-43)."""

    id: str
    project_id: str
    api_key_id: str
    username: str
    app_id: str | None = None
    end_user_id: str | None = None
    session_id: str | None = None
    conversation_id: str | None = None
    status: TaskStatus = TaskStatus.PENDING
    message: str
    system_prompt: str | None = None
    show_in_history: bool = True
    auto_execute: bool = True
    env: Mapping[str, str] | None = None
    error: str | None = None
    created_at: int
    started_at: int | None = None
    completed_at: int | None = None

    @property
    def last_activity_at(self) -> int:
        """The latest of completed, started and created (tasks/list)."""
        return max(self.created_at, self.started_at or 0, self.completed_at or 0)
