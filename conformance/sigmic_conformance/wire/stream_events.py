"""The events and comments of a stream, and what the documentation says about events."""

import json
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.wire import json_values

FIELDS = {
    "history_message": json_values.MESSAGE_FIELDS,
    "history_done": ("messageCount", "isStreaming"),
    "status": ("status",),
    "thought": ("subject", "description"),
    "content": ("text", "isPartial"),
    "tool_call": ("callId", "toolName", "status", "args"),
    "tool_result": ("callId", "status", "output"),
    "subagent_start": ("agentName", "displayName", "description", "objective"),
    "subagent_thought": ("agentName", "text"),
    "subagent_tool": ("agentName", "status", "toolName", "output"),
    "subagent_end": ("agentName", "terminateReason", "result"),
    "error": ("message", "code"),
    "done": ("finalResponse",),
}
"""The documented fields of each type of event. An event may have undocumented ones as well."""
TYPES = frozenset(FIELDS)
"""The documented types of events; others may occur as well, at any place (EVENT-001)."""
TERMINAL = frozenset({"done", "error"})
HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """A dispatched event; `payload` only if data is a JSON object; `at` is when its block ended."""

    type: str
    data: str
    payload: dict[str, Any] | None
    at: int
    offset: int
    number: int

    def mentions(self, text: str) -> bool:
        """Whether a string of the data contains this text."""
        return json_values.mentions(self.data, self.payload, text)

    @property
    def call(self) -> str:
        """The callId, to count and compare by."""
        return json_values.word(self.get("callId"))

    def get(self, name: str) -> Any:
        """A field of the payload, also of a wrapped payload (X-01); None if absent."""
        if self.payload is None:
            return None
        inner = self.payload.get("data")
        if name not in self.payload and "type" in self.payload and isinstance(inner, dict):
            return inner.get(name)
        return self.payload.get(name)

    @property
    def documented(self) -> tuple[str, str]:
        """Its type and documented fields, to compare two deliveries. Other fields may differ between them."""
        if self.payload is None:
            return self.type, self.data
        fields = {name: self.get(name) for name in FIELDS.get(self.type, ())}
        return self.type, json.dumps(fields, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of the stream: its text, its time, and whether its block has no fields."""

    text: str
    at: int
    offset: int
    alone: bool

    @property
    def is_heartbeat(self) -> bool:
        """True for `:heartbeat` and `: heartbeat`."""
        return self.text.strip(" ") == HEARTBEAT
