"""Tasks, their messages and the output of their last turn, in the database.

The list costs the same with a hundred tasks as with a hundred thousand: its order is an index, and the totals
are kept by triggers (a COUNT would read every entry). Rule: no secret value is ever handed to this module; of
a task's secrets only the names are kept, so that a restored session can say what it no longer has (X-07).
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mock_server.core.access import Scope
from mock_server.core.model import (
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
from mock_server.storage.database import Database

_UNFINISHED = "('pending', 'running', 'awaiting_approval')"


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


class TaskStore:
    """The tasks of the whole platform; whoever asks has already decided what the caller may see."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, stored: StoredTask, message: Message) -> None:
        """Save a new task with its first message."""
        await self._database.write(lambda con: _create(con, stored, message))

    async def save(self, stored: StoredTask, message: Message | None = None) -> StoredTask:
        """Save the task as it is now, its output, and one more message; return it with the new count."""
        return await self._database.write(lambda con: _save(con, stored, message))

    async def save_output(self, task_id: str, output: Output) -> None:
        """Save what the running turn has produced so far."""
        await self._database.write(lambda con: _save_output(con, task_id, output))

    async def find(self, task_id: str) -> StoredTask | None:
        """Return the task, or None."""
        return await self._database.read(lambda con: _find(con, task_id))

    async def messages(self, task_id: str) -> tuple[Message, ...]:
        """Return the saved conversation, oldest first."""
        return await self._database.read(lambda con: _messages(con, task_id))

    async def load(self, task_id: str) -> tuple[StoredTask, tuple[Message, ...]] | None:
        """Return the task and its conversation from one snapshot, or None."""

        def both(con: sqlite3.Connection) -> tuple[StoredTask, tuple[Message, ...]] | None:
            stored = _find(con, task_id)
            return None if stored is None else (stored, _messages(con, task_id))

        return await self._database.read(both)

    async def page(self, scope: Scope, limit: int, offset: int) -> tuple[tuple[StoredTask, ...], int]:
        """Return one page, most recent activity first, ties by id (G-38), and the total. No outputs."""
        return await self._database.read(lambda con: page_of_tasks(con, scope, limit, offset))

    async def unfinished(self) -> tuple[StoredTask, ...]:
        """Return every task that is pending, running or awaiting an approval."""
        return await self._database.read(_unfinished)

    async def ids(self) -> frozenset[str]:
        """Return the id of every task."""
        return await self._database.read(
            lambda con: frozenset(row["id"] for row in con.execute("SELECT id FROM tasks"))
        )


# --- writing -----------------------------------------------------------------------------------------------


def _create(con: sqlite3.Connection, stored: StoredTask, message: Message) -> None:
    row = _columns(stored) | {"message_count": 1}
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    con.execute(f"INSERT INTO tasks ({names}) VALUES ({marks})", row)  # noqa: S608 - our own column names
    _save_message(con, stored.task.id, 1, message)


def _save(con: sqlite3.Connection, stored: StoredTask, message: Message | None) -> StoredTask:
    task = stored.task
    row = con.execute("SELECT message_count FROM tasks WHERE id = ?", (task.id,)).fetchone()
    count = row["message_count"] + (message is not None)
    con.execute(
        "UPDATE tasks SET session_id = :session_id, conversation_id = :conversation_id, status = :status,"
        " error = :error, started_at = :started_at, completed_at = :completed_at,"
        " last_activity_at = :last_activity_at, token_id = :token_id, message_count = :count WHERE id = :id",
        _columns(stored) | {"count": count},
    )
    if message is not None:
        _save_message(con, task.id, count, message)
    if stored.output is not None:
        _save_output(con, task.id, stored.output)
    return StoredTask(
        task=task,
        message_count=count,
        token_id=stored.token_id,
        secret_names=stored.secret_names,
        output=stored.output,
    )


def _save_message(con: sqlite3.Connection, task_id: str, number: int, message: Message) -> None:
    con.execute(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            task_id,
            number,
            message.id,
            message.role.value,
            message.content,
            message.created_at,
            _json([[file.name, file.path] for file in message.attached_files]),
            _json_thoughts(message.thoughts),
            _json_tool_calls(message.tool_calls),
        ),
    )


def _save_output(con: sqlite3.Connection, task_id: str, output: Output) -> None:
    con.execute(
        "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?)",
        (
            task_id,
            output.content,
            output.updated_at,
            _json_thoughts(output.thoughts),
            _json_tool_calls(output.tool_calls),
        ),
    )


def _columns(stored: StoredTask) -> dict[str, Any]:
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


# --- reading -----------------------------------------------------------------------------------------------


def _find(con: sqlite3.Connection, task_id: str) -> StoredTask | None:
    row = con.execute("SELECT * FROM tasks WHERE id = ?", (task_id,)).fetchone()
    return None if row is None else _stored(row, _output(con, task_id))


def _messages(con: sqlite3.Connection, task_id: str) -> tuple[Message, ...]:
    rows = con.execute("SELECT * FROM messages WHERE task_id = ? ORDER BY number", (task_id,))
    return tuple(map(_message, rows))


def page_of_tasks(
    con: sqlite3.Connection, scope: Scope, limit: int, offset: int
) -> tuple[tuple[StoredTask, ...], int]:
    """Return what `TaskStore.page` returns; the work does not grow with the number of tasks."""
    where = "project_id = :project"
    if scope.end_user_id is not None:
        where += " AND app_id = :app AND end_user_id = :user"
    named = {"project": scope.project_id, "app": scope.app_id or "", "user": scope.end_user_id or ""}
    # The inner query walks the index alone, so skipping `offset` entries reads no task.
    rows = con.execute(
        "SELECT tasks.* FROM (SELECT rowid AS number, last_activity_at, id FROM tasks"  # noqa: S608 - no input
        f" WHERE {where} ORDER BY last_activity_at DESC, id LIMIT :limit OFFSET :offset) AS page"
        " JOIN tasks ON tasks.rowid = page.number ORDER BY page.last_activity_at DESC, page.id",
        named | {"limit": limit, "offset": offset},
    ).fetchall()
    total = con.execute(
        "SELECT total FROM task_totals WHERE project_id = :project AND app_id = :app AND end_user_id = :user",
        named,
    ).fetchone()
    return tuple(_stored(row) for row in rows), total["total"] if total else 0


def _unfinished(con: sqlite3.Connection) -> tuple[StoredTask, ...]:
    rows = con.execute(f"SELECT * FROM tasks WHERE status IN {_UNFINISHED}").fetchall()  # noqa: S608 - constant
    return tuple(_stored(row, _output(con, row["id"])) for row in rows)


def _output(con: sqlite3.Connection, task_id: str) -> Output | None:
    row = con.execute("SELECT * FROM outputs WHERE task_id = ?", (task_id,)).fetchone()
    if row is None:
        return None
    return Output(
        content=row["content"],
        updated_at=row["updated_at"],
        thoughts=_thoughts(row["thoughts"]),
        tool_calls=_tool_calls(row["tool_calls"]),
    )


def _stored(row: sqlite3.Row, output: Output | None = None) -> StoredTask:
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


def _message(row: sqlite3.Row) -> Message:
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


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


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
