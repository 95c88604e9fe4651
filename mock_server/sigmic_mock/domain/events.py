"""The stream's event types, one frozen class each; `payload()` is the flat JSON object of its data line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from sigmic_mock.domain.model import Message, Thought, ToolStatus
from sigmic_mock.domain.payloads import payload


class Event(Protocol):
    """Anything that can be written to a task's stream."""

    @property
    def name(self) -> str:
        """The name of the event line."""

    def payload(self) -> dict[str, Any]:
        """Return the JSON object of the data line (decision X-01: flat)."""


class _Flat:
    """An event whose data are its fields."""

    __slots__ = ()

    def payload(self) -> dict[str, Any]:
        return payload(self)


@dataclass(frozen=True, slots=True)
class HistoryMessage:
    """One saved message of the conversation, replayed."""

    name: ClassVar[str] = "history_message"
    message: Message

    def payload(self) -> dict[str, Any]:
        return payload(self.message)


@dataclass(frozen=True, slots=True)
class HistoryDone(_Flat):
    """End of the replay; `message_count` is the number of history_message events just sent."""

    name: ClassVar[str] = "history_done"
    message_count: int
    is_streaming: bool


@dataclass(frozen=True, slots=True)
class Status(_Flat):
    """`connecting`, `processing` or `retrying` (decision X-02)."""

    name: ClassVar[str] = "status"
    status: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ThoughtEvent:
    """A thought as it occurs."""

    name: ClassVar[str] = "thought"
    thought: Thought

    def payload(self) -> dict[str, Any]:
        return payload(self.thought)


@dataclass(frozen=True, slots=True)
class Content(_Flat):
    """A piece of the answer: `text` is a delta, the last piece is not partial (decision G-47)."""

    name: ClassVar[str] = "content"
    text: str
    is_partial: bool


@dataclass(frozen=True, slots=True)
class ToolCallEvent(_Flat):
    """A tool call starts, or waits for an approval."""

    name: ClassVar[str] = "tool_call"
    call_id: str
    tool_name: str
    status: ToolStatus
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult(_Flat):
    """A tool call ended."""

    name: ClassVar[str] = "tool_result"
    call_id: str
    status: ToolStatus
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubagentStart(_Flat):
    """A subagent begins."""

    name: ClassVar[str] = "subagent_start"
    agent_name: str
    display_name: str
    description: str
    objective: str


@dataclass(frozen=True, slots=True)
class SubagentThought(_Flat):
    """A subagent thinks aloud."""

    name: ClassVar[str] = "subagent_thought"
    agent_name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubagentTool(_Flat):
    """A subagent used a tool; `status` is `start` or `end` (X-25)."""

    name: ClassVar[str] = "subagent_tool"
    agent_name: str
    status: str
    tool_name: str
    output: str | None = None


@dataclass(frozen=True, slots=True)
class SubagentEnd(_Flat):
    """A subagent ended; `terminate_reason` is `GOAL` when it reached its objective."""

    name: ClassVar[str] = "subagent_end"
    agent_name: str
    terminate_reason: str
    result: str


@dataclass(frozen=True, slots=True)
class Error(_Flat):
    """The turn failed or was cancelled; ends the stream (G-53)."""

    name: ClassVar[str] = "error"
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Done(_Flat):
    """The turn completed; `final_response` is its concatenated text (X-04); ends the stream."""

    name: ClassVar[str] = "done"
    final_response: str


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event whose name and data were given verbatim: any name that can be framed, any object."""

    name: str
    data: Mapping[str, Any]

    def payload(self) -> dict[str, Any]:
        return dict(self.data)
