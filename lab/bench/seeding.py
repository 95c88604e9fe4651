"""Fill data folders through the platform's own store, before a server is started on them."""

import asyncio
from pathlib import Path

from sigmic_mock.config.defaults import PROJECT_ID, default_seeds
from sigmic_mock.domain.model import Message, MessageRole, Output, Task, TaskStatus
from sigmic_mock.storage.database import Database
from sigmic_mock.storage.tasks import StoredTask, TaskStore

_START = 1_760_000_000_000
_BATCH = 5000
_TEXT = "The quarterly report is ready; the figures agree with those of the ledger. " * 2


def task_id(number: int) -> str:
    """Return the id of task `number`."""
    return f"be7c0000-0000-4000-8000-{number:012x}"


def _message(number: int, at: int) -> Message:
    role = MessageRole.ASSISTANT if at % 2 else MessageRole.USER
    return Message(
        id=f"be7c{at:04x}-0000-4000-9000-{number:012x}", role=role, content=_TEXT, created_at=_START + at
    )


def _whole(number: int, messages: int) -> tuple[StoredTask, tuple[Message, ...]]:
    key = default_seeds().api_keys[0]
    at = _START + number
    task = Task(
        id=task_id(number),
        project_id=PROJECT_ID,
        api_key_id=key.id,
        username=key.username,
        status=TaskStatus.COMPLETED,
        message=_TEXT,
        created_at=at,
        started_at=at,
        completed_at=at,
    )
    stored = StoredTask(task=task, output=Output(content=_TEXT, updated_at=at))
    return stored, tuple(_message(number, each) for each in range(messages))


async def fill(folder: Path, tasks: int, *, messages: int = 1, first: int = 0) -> None:
    """Add finished tasks of the default project, each with this number of messages."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    database = Database(folder / "platform.db")
    try:
        store = TaskStore(database)
        for start in range(first, first + tasks, _BATCH):
            numbers = range(start, min(start + _BATCH, first + tasks))
            await store.insert([_whole(number, messages) for number in numbers])
    finally:
        await database.close()
