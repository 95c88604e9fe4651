"""Tasks, messages and outputs in the database; the list of tasks and its cost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.domain.access import Scope
from sigmic_mock.domain.model import Message, MessageRole, Task
from sigmic_mock.storage.database import Database
from sigmic_mock.storage.tasks import StoredTask, TaskStore, page_of_tasks

PROJECT = Scope(project_id="p")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "platform.db")
    yield database
    await database.close()


@pytest.fixture
def store(database: Database) -> TaskStore:
    return TaskStore(database)


def stored(id: str, created_at: int = 0, **fields: Any) -> StoredTask:
    task = Task(
        id=id, project_id="p", api_key_id="k", username="u", message="m", created_at=created_at, **fields
    )
    return StoredTask(task=task, message_count=1, secret_names=("TOKEN",), token_id="jti")


def message(id: str = "1", **fields: Any) -> Message:
    return Message(id=id, role=MessageRole.USER, content="hello", created_at=5, **fields)


async def test_removing_a_task_keeps_the_totals_right(store: TaskStore, database: Database) -> None:
    for number in range(3):
        await store.create(stored(f"{number}", end_user_id="ann", app_id="app"), message())
    await database.write(lambda con: con.execute("DELETE FROM tasks WHERE id = '1'"))

    assert (await store.page(PROJECT, 100, 0))[1] == 2
    assert (await store.page(Scope(project_id="p", app_id="app", end_user_id="ann"), 100, 0))[1] == 2
    assert await store.messages("1") == ()


async def test_a_page_out_of_two_thousand_tasks_is_the_same_work_as_out_of_a_hundred(
    store: TaskStore, database: Database
) -> None:
    scopes = (PROJECT, Scope(project_id="p", app_id="app", end_user_id="ann"))

    async def fill(numbers: range) -> None:
        tasks = [stored(f"{number:05}", number, end_user_id="ann", app_id="app") for number in numbers]
        await asyncio.gather(*(store.create(task, message()) for task in tasks))

    async def steps_of_a_page(scope: Scope) -> int:
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        def watched(con: sqlite3.Connection) -> int:
            con.set_progress_handler(count, 1)
            rows, _ = page_of_tasks(con, scope, 100, 0)
            con.set_progress_handler(None, 1)
            return len(rows)

        assert await database.read(watched) == 100
        return steps

    await fill(range(100))
    of_a_hundred = [await steps_of_a_page(scope) for scope in scopes]
    await fill(range(100, 2000))

    assert [await steps_of_a_page(scope) for scope in scopes] == pytest.approx(of_a_hundred, rel=0.05)
    assert [(await store.page(scope, 1, 0))[1] for scope in scopes] == [2000, 2000]
