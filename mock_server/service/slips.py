"""What armed faults make the service do wrong with a conversation: its text, its messages, its files.

Rule: a slip is asked for only where it changes something, because a yes counts as fired.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

from mock_server.core.access import Scope
from mock_server.core.journal import Journal
from mock_server.core.model import AttachedFile, Message, MessageRole, Principal, Task, TaskStatus
from mock_server.core.paging import MAX_LIMIT
from mock_server.ports import Upload
from mock_server.service.loaded import LoadedTask
from mock_server.service.values import CreateTask, TaskView
from mock_server.service.workplace import Workplace
from mock_server.storage.task_rows import StoredTask

Place = Callable[[Upload], Awaitable[tuple[AttachedFile, ...]]]
_ALL = 100_000
_BASIC_PLANE = 0xFFFF


class Slips:
    """The wrong turns of a conversation; without an armed fault every method leaves things as they are."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._touches = count(1)

    def _deviates(self, decision: str, task: Task, code: str | None = None) -> Mapping[str, Any] | None:
        return self._place.deviations.deviates(decision, task.project_id, task=task.id, code=code)

    # --- a new task ----------------------------------------------------------------------------------------

    def asked(self, principal: Principal, task_id: str, request: CreateTask) -> CreateTask:
        """Return the request as it is understood: options ignored, text outside the basic plane lost."""
        deviates = self._place.deviations.deviates
        options = deviates("create.options", principal.project_id, task=task_id)
        if options is not None:
            request = replace(request, **options)
        if not request.message.isascii() and any(ord(sign) > _BASIC_PLANE for sign in request.message):
            lost = deviates("text.basic-plane", principal.project_id, task=task_id)
            if lost is not None:
                text = "".join("?" if ord(sign) > _BASIC_PLANE else sign for sign in request.message)
                request = replace(request, message=text)
        return request

    # --- reading -------------------------------------------------------------------------------------------

    def view(self, view: TaskView) -> TaskView:
        """Return the task as it is told: without output while it runs, or as if each read changed it."""
        task, output = view.task, view.output
        if output is None:
            return view
        if task.status is TaskStatus.RUNNING and self._deviates("output.at-the-end", task) is not None:
            return replace(view, output=None)
        if task.completed_at is not None and self._deviates("task.touched", task) is not None:
            late = next(self._touches)
            ended = replace(task, completed_at=task.completed_at + late)
            return replace(view, task=ended, output=replace(output, updated_at=output.updated_at + late))
        return view

    def takes_long_page(self, principal: Principal, limit: int) -> bool:
        """True when a page may be longer than the longest one."""
        if limit <= MAX_LIMIT:
            return False
        return (
            self._place.deviations.deviates("list.long-page", principal.project_id, code="page") is not None
        )

    def padded(self, rows: Sequence[StoredTask], limit: int) -> tuple[StoredTask, ...]:
        """Return a page that is as long as was asked for, whatever there is."""
        return tuple(islice(cycle(rows), limit))

    async def narrowed(
        self, principal: Principal, page: tuple[tuple[StoredTask, ...], int], limit: int, offset: int
    ) -> tuple[tuple[StoredTask, ...], int]:
        """Return the page, or one of the tasks that were made with this very key, when a fault wants it."""
        if principal.is_end_user:
            return page
        if self._place.deviations.deviates("list.own-key-only", principal.project_id) is None:
            return page
        rows, _ = await self._place.store.page(Scope(project_id=principal.project_id), _ALL, 0)
        own = tuple(row for row in rows if row.task.api_key_id == principal.api_key_id)
        return own[offset : offset + limit], len(own)

    # --- a follow-up ---------------------------------------------------------------------------------------

    async def forget(self, loaded: LoadedTask) -> None:
        """Lose the first message of the conversation for good."""
        if self._deviates("history.forget", loaded.task) is not None:
            await self._place.store.forget_beginning(loaded.task.id)
            loaded.journal = Journal(await self._place.store.messages(loaded.task.id))

    async def keep_message(self, task_id: str, text: str) -> None:
        """Save a message that was refused, and leave it at that."""
        loaded = await self._place.tasks.find(task_id)
        if loaded is None:
            return
        message = Message(
            id=self._place.ids.of(loaded.task.project_id).message(task_id),
            role=MessageRole.USER,
            content=text,
            created_at=self._place.clocks.of(loaded.task.project_id).now(),
        )
        async with loaded.lock:
            await self._place.tasks.save(loaded, loaded.task, message=message)
            loaded.journal.save(message)

    async def attach(self, task: Task, upload: Upload | None, place: Place) -> tuple[AttachedFile, ...]:
        """Put a follow-up's files into the workspace and return what the agent is told of."""
        if upload is None or not upload.files:
            return ()
        named = tuple(AttachedFile(name, path) for name, path in upload.files)
        if self._deviates("follow-up.files-lost", task) is not None:
            await upload.discard()
            return named
        attached = await place(upload)
        if self._deviates("follow-up.files-empty", task) is not None:
            await asyncio.to_thread(_empty, self._place.workspaces.path(task.id), attached)
        if self._deviates("follow-up.files-misnamed", task) is not None:
            names = [f"upload-{number}" for number, _ in enumerate(attached, 1)]
            return tuple(AttachedFile(name, f"uploads/{name}") for name in names)
        return attached

    # --- the end of a run ----------------------------------------------------------------------------------

    def loses_answer(self, loaded: LoadedTask) -> bool:
        """True when the answer is not to be saved."""
        turn = "first" if loaded.stored.message_count == 1 else "follow-up"
        return self._deviates("run.unsaved-answer", loaded.task, turn) is not None


def _empty(workspace: Path, files: Sequence[AttachedFile]) -> None:
    for file in files:
        (workspace / file.path).write_bytes(b"")
