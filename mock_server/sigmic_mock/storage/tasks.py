"""Tasks, their messages and the output of their last turn, in the database.

Listing costs the same with a hundred tasks as with a hundred thousand: its order is an index, and triggers
maintain the totals (a COUNT would read every entry). Invariant: this module never gets a secret value. Of a
task's secrets it stores only the names, so that a restored session can report what it no longer has (X-07).
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sigmic_mock.domain.access import Scope
from sigmic_mock.domain.model import Message, Output, Task
from sigmic_mock.storage.database import Database
from sigmic_mock.storage.rows import column, columns, insert, read, read_all

_UNFINISHED = "('pending', 'running', 'awaiting_approval')"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """A task with its additional data.

    `token_id` is the token exchange whose variables its sessions get (widget path), `secret_names` the names
    of the secrets it was created with, `output` the output of its last turn (None before the first run).
    """

    task: Task
    message_count: int = 0
    token_id: str | None = None
    secret_names: tuple[str, ...] = ()
    output: Output | None = None


class TaskStore:
    """The tasks of the whole platform. The caller must already have checked what its user may see."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, stored: StoredTask, message: Message) -> None:
        """Save a new task with its first message."""
        await self._database.write(lambda con: _create(con, stored, message))

    async def save(self, stored: StoredTask, message: Message | None = None) -> StoredTask:
        """Save the current task, its output, and one more message; return it with the new count."""
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
        return await self._database.read(lambda con: _found(con, f"status IN {_UNFINISHED}"))

    async def remove(self, project_id: str) -> tuple[str, ...]:
        """Remove every task of a project with all its data; return their ids."""
        statement = "DELETE FROM tasks WHERE project_id = ? RETURNING id"
        return await self._database.write(
            lambda con: tuple(row["id"] for row in con.execute(statement, (project_id,)))
        )

    async def of_project(self, project_id: str) -> tuple[tuple[StoredTask, tuple[Message, ...]], ...]:
        """Return every task of a project with its conversation, oldest first, from one snapshot."""

        def read_all_of_it(con: sqlite3.Connection) -> tuple[tuple[StoredTask, tuple[Message, ...]], ...]:
            found = _found(con, "project_id = ?", project_id)
            return tuple((stored, _messages(con, stored.task.id)) for stored in found)

        return await self._database.read(read_all_of_it)

    async def insert(self, tasks: Iterable[tuple[StoredTask, tuple[Message, ...]]]) -> None:
        """Save complete tasks with their conversations, all or none."""
        await self._database.write(lambda con: _insert(con, tasks))

    async def ids(self) -> frozenset[str]:
        """Return the id of every task."""
        return await self._database.read(
            lambda con: frozenset(row["id"] for row in con.execute("SELECT id FROM tasks"))
        )


# --- writing -----------------------------------------------------------------------------------------------


def _row(stored: StoredTask) -> dict[str, Any]:
    """Return the columns of a task, except its count of messages."""
    return {
        **columns(stored.task),
        "token_id": stored.token_id,
        "secret_names": column(stored.secret_names),
        "last_activity_at": stored.task.last_activity_at,
    }


def _create(con: sqlite3.Connection, stored: StoredTask, message: Message) -> None:
    insert(con, "tasks", _row(stored) | {"message_count": 1})
    _save_message(con, stored.task.id, 1, message)


def _insert(con: sqlite3.Connection, tasks: Iterable[tuple[StoredTask, tuple[Message, ...]]]) -> None:
    for stored, messages in tasks:
        _create(con, stored, messages[0])
        for number, message in enumerate(messages[1:], start=2):
            _save_message(con, stored.task.id, number, message)
        con.execute("UPDATE tasks SET message_count = ? WHERE id = ?", (len(messages), stored.task.id))
        if stored.output is not None:
            _save_output(con, stored.task.id, stored.output)


def _save(con: sqlite3.Connection, stored: StoredTask, message: Message | None) -> StoredTask:
    row = con.execute(
        "UPDATE tasks SET session_id = :session_id, conversation_id = :conversation_id, status = :status,"
        " error = :error, started_at = :started_at, completed_at = :completed_at,"
        " last_activity_at = :last_activity_at, token_id = :token_id, message_count = message_count + :more"
        " WHERE id = :id RETURNING message_count",
        _row(stored) | {"more": message is not None},
    ).fetchone()
    count = row["message_count"]
    if message is not None:
        _save_message(con, stored.task.id, count, message)
    if stored.output is not None:
        _save_output(con, stored.task.id, stored.output)
    return replace(stored, message_count=count)


def _save_message(con: sqlite3.Connection, task_id: str, number: int, message: Message) -> None:
    insert(con, "messages", {"task_id": task_id, "number": number, **columns(message)})


def _save_output(con: sqlite3.Connection, task_id: str, output: Output) -> None:
    insert(con, "outputs", {"task_id": task_id, **columns(output)}, "REPLACE")


# --- reading -----------------------------------------------------------------------------------------------


def _found(con: sqlite3.Connection, where: str, *values: str) -> tuple[StoredTask, ...]:
    rows = con.execute(f"SELECT * FROM tasks WHERE {where} ORDER BY rowid", values).fetchall()  # noqa: S608 - no input
    return tuple(_stored(row, _output(con, row["id"])) for row in rows)


def _find(con: sqlite3.Connection, task_id: str) -> StoredTask | None:
    return next(iter(_found(con, "id = ?", task_id)), None)


def _stored(row: sqlite3.Row, output: Output | None = None) -> StoredTask:
    return StoredTask(
        task=read(Task, row),
        message_count=row["message_count"],
        token_id=row["token_id"],
        secret_names=tuple(json.loads(row["secret_names"])),
        output=output,
    )


def _messages(con: sqlite3.Connection, task_id: str) -> tuple[Message, ...]:
    rows = con.execute("SELECT * FROM messages WHERE task_id = ? ORDER BY number", (task_id,))
    return read_all(Message, rows)


def page_of_tasks(
    con: sqlite3.Connection, scope: Scope, limit: int, offset: int
) -> tuple[tuple[StoredTask, ...], int]:
    """Return the result of `TaskStore.page`. The cost does not grow with the number of tasks."""
    where = "project_id = :project"
    if scope.end_user_id is not None:
        where += " AND app_id = :app AND end_user_id = :user"
    named = {"project": scope.project_id, "app": scope.app_id or "", "user": scope.end_user_id or ""}
    # The inner query reads the index only, so skipping `offset` entries reads no task.
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


def _output(con: sqlite3.Connection, task_id: str) -> Output | None:
    row = con.execute("SELECT * FROM outputs WHERE task_id = ?", (task_id,)).fetchone()
    return None if row is None else read(Output, row)
