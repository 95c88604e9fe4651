"""Tests of the JSON shapes that stream and endpoints share."""

from sigmic_conformance.mock_server.domain.model import (
    AttachedFile,
    Message,
    MessageRole,
    Thought,
    ToolCall,
    ToolStatus,
)
from sigmic_conformance.mock_server.domain.payloads import message_payload, timestamp, tool_call_payload


def test_a_time_is_iso_8601_with_milliseconds_and_z() -> None:
    assert timestamp(1_769_442_654_870) == "2026-01-26T15:50:54.870Z"
    assert timestamp(1_769_442_654_000) == "2026-01-26T15:50:54.000Z"
    assert timestamp(1) == "1970-01-01T00:00:00.001Z"


def test_what_does_not_apply_to_a_message_is_absent() -> None:
    message = Message(id="1", role=MessageRole.USER, content="hi", created_at=0)

    assert message_payload(message) == {
        "id": "1",
        "role": "user",
        "content": "hi",
        "createdAt": "1970-01-01T00:00:00.000Z",
    }


def test_a_full_message_shows_files_thoughts_and_calls() -> None:
    call = ToolCall(call_id="c", tool_name="t", status=ToolStatus.SUCCESS, args={"a": 1}, output="out")
    message = Message(
        id="1",
        role=MessageRole.ASSISTANT,
        content="hi",
        created_at=0,
        attached_files=(AttachedFile("a.csv", "uploads/a.csv"),),
        thoughts=(Thought("S", "d"),),
        tool_calls=(call,),
    )

    payload = message_payload(message)
    assert payload["attachedFiles"] == [{"name": "a.csv", "path": "uploads/a.csv"}]
    assert payload["thoughts"] == [{"subject": "S", "description": "d"}]
    assert payload["toolCalls"] == [
        {"callId": "c", "toolName": "t", "status": "success", "args": {"a": 1}, "output": "out"}
    ]


def test_an_open_call_has_no_output() -> None:
    call = ToolCall(call_id="c", tool_name="t", status=ToolStatus.EXECUTING)

    assert "output" not in tool_call_payload(call)
