"""Rows of the database and the values they stand for, in both directions."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.mock_server.domain.model import (
    AttachedFile,
    Message,
    MessageRole,
    Output,
    Task,
    TaskStatus,
    Thought,
    ToolCall,
    ToolStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """A task with what is kept beside it.

    `token_id` is the token exchange whose variables its sessions get (widget path), `secret_names` the names
    of the secrets it was created with, `output` what its last turn produced (None before the first run).
    """

    task: Task
    message_count: int = 0
    token_id: str | None = None
    secret_names: tuple[str, ...] = ()
    output: Output | None = None


def task_row(stored: StoredTask) -> dict[str, Any]:
    """Return the columns of a task, all but its count of messages."""
    task = stored.task
    return {
        "id": task.id,
        "project_id": task.project_id,
        "api_key_id": task.api_key_id,
        "username": task.username,
        "app_id": task.app_id,
        "end_user_id": task.end_user_id,
        "token_id": stored.token_id,
        "session_id": task.session_id,
        "conversation_id": task.conversation_id,
        "status": task.status.value,
        "message": task.message,
        "system_prompt": task.system_prompt,
        "show_in_history": task.show_in_history,
        "auto_execute": task.auto_execute,
        "env": None if task.env is None else _json(dict(task.env)),
        "secret_names": _json(stored.secret_names),
        "error": task.error,
        "created_at": task.created_at,
        "started_at": task.started_at,
        "completed_at": task.completed_at,
        "last_activity_at": task.last_activity_at,
    }


def message_row(message: Message) -> tuple[Any, ...]:
    """Return the columns of a message, its id first."""
    return (
        message.id,
        message.role.value,
        message.content,
        message.created_at,
        _json([[file.name, file.path] for file in message.attached_files]),
        _json_thoughts(message.thoughts),
        _json_tool_calls(message.tool_calls),
    )


def output_row(output: Output) -> tuple[Any, ...]:
    """Return the columns of an output."""
    return (
        output.content,
        output.updated_at,
        _json_thoughts(output.thoughts),
        _json_tool_calls(output.tool_calls),
    )


def output_of(row: sqlite3.Row) -> Output:
    """Return the output of a row."""
    return Output(
        content=row["content"],
        updated_at=row["updated_at"],
        thoughts=_thoughts(row["thoughts"]),
        tool_calls=_tool_calls(row["tool_calls"]),
    )


def stored_of(row: sqlite3.Row, output: Output | None = None) -> StoredTask:
    """Return the task of a row."""
    task = Task(
        id=row["id"],
        project_id=row["project_id"],
        api_key_id=row["api_key_id"],
        username=row["username"],
        app_id=row["app_id"],
        end_user_id=row["end_user_id"],
        session_id=row["session_id"],
        conversation_id=row["conversation_id"],
        status=TaskStatus(row["status"]),
        message=row["message"],
        system_prompt=row["system_prompt"],
        show_in_history=bool(row["show_in_history"]),
        auto_execute=bool(row["auto_execute"]),
        env=None if row["env"] is None else json.loads(row["env"]),
        error=row["error"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
    )
    return StoredTask(
        task=task,
        message_count=row["message_count"],
        token_id=row["token_id"],
        secret_names=tuple(json.loads(row["secret_names"])),
        output=output,
    )


def message_of(row: sqlite3.Row) -> Message:
    """Return the message of a row."""
    return Message(
        id=row["id"],
        role=MessageRole(row["role"]),
        content=row["content"],
        created_at=row["created_at"],
        attached_files=tuple(AttachedFile(*pair) for pair in json.loads(row["attached_files"])),
        thoughts=_thoughts(row["thoughts"]),
        tool_calls=_tool_calls(row["tool_calls"]),
    )


# --- JSON columns ------------------------------------------------------------------------------------------


_encode = json.JSONEncoder(separators=(",", ":")).encode


def _json(value: object) -> str:
    """Return a value as JSON; an empty list, as most are, without setting an encoder up."""
    return "[]" if value in ([], ()) else _encode(value)


def _json_thoughts(thoughts: Iterable[Thought]) -> str:
    return _json([[thought.subject, thought.description] for thought in thoughts])


def _thoughts(text: str) -> tuple[Thought, ...]:
    return tuple(Thought(*pair) for pair in json.loads(text))


def _json_tool_calls(calls: Iterable[ToolCall]) -> str:
    return _json([[c.call_id, c.tool_name, c.status.value, dict(c.args), c.output] for c in calls])


def _tool_calls(text: str) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(call_id=call_id, tool_name=name, status=ToolStatus(status), args=args, output=output)
        for call_id, name, status, args, output in json.loads(text)
    )
