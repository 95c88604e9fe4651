"""The JSON shape of the values that both the stream and the JSON endpoints show."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sigmic_conformance.mock_server.domain.model import Message, Thought, ToolCall


@lru_cache(maxsize=4096)  # a task's own times are shown over and over
def timestamp(milliseconds: int) -> str:
    """Return ISO-8601 UTC with milliseconds and Z (C-07)."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:03d}Z"


def thought_payload(thought: Thought) -> dict[str, Any]:
    """Return `{subject, description}`."""
    return {"subject": thought.subject, "description": thought.description}


def tool_call_payload(call: ToolCall) -> dict[str, Any]:
    """Return `{callId, toolName, status, args, output}`; `output` is absent until the call ended (C-09)."""
    payload: dict[str, Any] = {
        "callId": call.call_id,
        "toolName": call.tool_name,
        "status": call.status.value,
        "args": dict(call.args),
    }
    if call.output is not None:
        payload["output"] = call.output
    return payload


def message_payload(message: Message) -> dict[str, Any]:
    """Return a message of the conversation; lists that do not apply are absent (tasks/history)."""
    payload: dict[str, Any] = {
        "id": message.id,
        "role": message.role.value,
        "content": message.content,
        "createdAt": timestamp(message.created_at),
    }
    if message.attached_files:
        payload["attachedFiles"] = [{"name": file.name, "path": file.path} for file in message.attached_files]
    if message.thoughts:
        payload["thoughts"] = [thought_payload(thought) for thought in message.thoughts]
    if message.tool_calls:
        payload["toolCalls"] = [tool_call_payload(call) for call in message.tool_calls]
    return payload
