"""The output of a turn so far: the fold of its events, which `get_task` shows as `output`."""

from collections.abc import Iterable
from dataclasses import replace

from sigmic_mock.domain.events import (
    Content,
    Event,
    ThoughtEvent,
    ToolCallEvent,
    ToolResult,
)
from sigmic_mock.domain.model import Output, Thought, ToolCall


class TurnOutput:
    """Grows with every event of the turn; `snapshot` is its value at a moment."""

    def __init__(self, now: int) -> None:
        self._updated_at = now
        self._text: list[str] = []
        self._thoughts: list[Thought] = []
        self._calls: dict[str, ToolCall] = {}

    @property
    def text(self) -> str:
        """The answer so far."""
        if len(self._text) > 1:
            self._text = ["".join(self._text)]
        return self._text[0] if self._text else ""

    @property
    def has_text(self) -> bool:
        """True once a content event came."""
        return bool(self._text)

    @property
    def open_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls that have not ended, in order."""
        return tuple(call for call in self._calls.values() if call.output is None)

    def add(self, event: Event, now: int) -> None:
        """Add one event; those of subagents and statuses change nothing."""
        match event:
            case Content(text):
                self._text.append(text)
            case ThoughtEvent(thought):
                self._thoughts.append(thought)
            case ToolCallEvent(call_id, tool_name, status, args):
                call = ToolCall(call_id=call_id, tool_name=tool_name, status=status, args=args)
                self._calls[call_id] = call
            case ToolResult(call_id, status, output):
                self._calls[call_id] = replace(self._calls[call_id], status=status, output=output)
            case _:
                return
        self._updated_at = now

    def after(self, events: Iterable[Event], now: int) -> Output:
        """Return the output after `events`, without adding them."""
        later = TurnOutput(self._updated_at)
        later._text = list(self._text)
        later._thoughts = list(self._thoughts)
        later._calls = dict(self._calls)
        for event in events:
            later.add(event, now)
        return later.snapshot()

    def snapshot(self) -> Output:
        """Return the current output."""
        return Output(
            content=self.text,
            updated_at=self._updated_at,
            thoughts=tuple(self._thoughts),
            tool_calls=tuple(self._calls.values()),
        )
