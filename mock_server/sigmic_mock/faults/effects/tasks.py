"""Use cases that accept invalid requests, change protected data, and show tasks incorrectly."""

import asyncio
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sigmic_mock.domain.access import Scope
from sigmic_mock.domain.errors import ApiError
from sigmic_mock.domain.event_log import EventLog
from sigmic_mock.domain.model import (
    AttachedFile,
    Message,
    MessageRole,
    Principal,
    Task,
    TaskStatus,
)
from sigmic_mock.faults.current_request import current_request, page_of
from sigmic_mock.faults.dry_run import Confirm
from sigmic_mock.faults.effect import ANY, after, before, effect
from sigmic_mock.faults.effects.runs import PATIENCE_SECONDS
from sigmic_mock.faults.engine import Here
from sigmic_mock.service.task_cache import CachedTask, TaskCache
from sigmic_mock.service.tasks import CreateTask, History, Tasks
from sigmic_mock.service.variables import session_variables
from sigmic_mock.storage.staging import StagedUpload
from sigmic_mock.storage.tasks import StoredTask, TaskStore

_ASKS_FOR = re.compile(r"\b(?:list|names?|what|which)\b", re.IGNORECASE)
_FILES = re.compile(r"\bfiles?\b", re.IGNORECASE)
_LAST_IDS: WeakKeyDictionary[Tasks, dict[str, str]] = WeakKeyDictionary()
"""The task that was created last, by project."""
_LONG_SECONDS = 2.0
"""A run of this length shows whether its message was answered before or after it (CREATE-007)."""
_ALL = 100_000
_OF_NAMES: WeakKeyDictionary[Tasks, dict[str, Confirm]] = WeakKeyDictionary()
"""By task, the function to call if its message asks for the names of the attached files."""

Attached = tuple[AttachedFile, ...]
Rows = tuple[StoredTask, ...]


# -- creation -----------------------------------------------------------------------------------------------


CREATE_REFUSED = ("create.takes-files-in-json", "create.lenient", "create.half-done")


class UncheckedTask(CreateTask):
    """A new task whose message is not checked, however long or blank."""


@effect(*CREATE_REFUSED, at=Tasks._check)
def takes_unchecked(here: Here, _self: Tasks, request: CreateTask) -> None:
    if not isinstance(request, UncheckedTask):
        here.step(request)


@after("create.id-number", at=Tasks.create)
async def repeats_id(here: Here, self: Tasks, task: Task, principal: Principal, *_: object) -> Task:
    """Answer with the id of the creation before."""
    ids = _LAST_IDS.setdefault(self, {})
    earlier, ids[principal.project_id] = ids.get(principal.project_id), task.id
    if earlier is None or not here.about(task, operation="create_task").fires():
        return task
    return replace(task, id=earlier)


@after("answer-last", at=Tasks.create)
async def creates_before_answering(here: Here, self: Tasks, task: Task, *_: object) -> Task:
    await _answer_last(here.about(task, operation="create_task"), self, task.id)
    return task


@effect("answer-last", at=Tasks.send_message)
async def follows_up_before_answering(
    here: Here, self: Tasks, principal: Principal, id: str, *given: Any
) -> None:
    await here.step(principal, id, *given)
    await _answer_last(here.about(principal, task=id, operation="send_message"), self, id)


async def _answer_last(here: Here, tasks: Tasks, task_id: str) -> None:
    """Return when the agent is done, or after a minute.

    A run that ends immediately does not show it. If a call waits for the client, there is no answer at all.
    """
    run = tasks._turns._active.get(task_id)
    wanted, confirm = here.later()
    if run is None or run.work is None:
        return
    clock = run._clock
    began, noted = clock.monotonic(), tasks._sessions._timelines.of(task_id).entries
    before = len(noted)

    def done(_work: object) -> None:
        asked = any(each.about.get("status") == "awaiting_approval" for each in islice(noted, before, None))
        if not asked and clock.monotonic() - began >= _LONG_SECONDS:
            confirm()

    run.work.add_done_callback(done)
    if wanted is not None:
        await asyncio.wait({run.work}, timeout=PATIENCE_SECONDS)


@effect("secrets.shown", at=Tasks._create)
async def shows_secrets(
    here: Here, self: Tasks, principal: Principal, task_id: str, request: CreateTask
) -> Task:
    self._check(request)
    if request.secrets and here.fires():
        shown = {name: each.reveal() for name, each in request.secrets.items()}
        request = replace(request, env={**(request.env or {}), **shown})
    return await here.step(principal, task_id, request)


@effect("variables.exchange-shown", at=Tasks._create)
async def shows_exchange(
    here: Here, self: Tasks, principal: Principal, task_id: str, request: CreateTask
) -> Task:
    """Put the variables of the token exchange into the `env` that the task shows."""
    if principal.token_id is not None:
        self._check(request)
        variables = await session_variables(
            self._accounts, token_id=principal.token_id, env=request.env, secrets=request.secrets
        )
        is_hidden = bool(variables.env.keys() - (request.env or {}).keys())
        if is_hidden and here.fires():
            request = replace(request, env=variables.env)
    return await here.step(principal, task_id, request)


# -- files and messages -------------------------------------------------------------------------------------


@effect("follow-up.files-lost", at=Tasks._place)
async def loses_files(
    here: Here, _self: Tasks, task: Task, upload: StagedUpload | None, *number: int
) -> Attached:
    if upload is None or not upload.files or task.status is TaskStatus.PENDING or not here.fires():
        return await here.step(task, upload, *number)
    await upload.discard()
    return tuple(AttachedFile(name, path) for name, path in upload.files)


@effect("follow-up.files-misnamed", at=Tasks._place)
async def misnames_files(
    here: Here, self: Tasks, task: Task, upload: StagedUpload | None, *number: int
) -> Attached:
    attached = await here.step(task, upload, *number)
    if not attached or task.status is TaskStatus.PENDING:
        return attached
    wanted, _OF_NAMES.setdefault(self, {})[task.id] = here.later()
    if wanted is None:
        return attached
    names = [f"upload-{number}" for number, _ in enumerate(attached, 1)]
    return tuple(AttachedFile(name, f"uploads/{name}") for name in names)


@before("follow-up.files-misnamed", at=Tasks._user_message)
def misnamed_files_show(_here: Here, self: Tasks, task: Task, text: str, *_: object) -> None:
    confirm = _OF_NAMES.get(self, {}).pop(task.id, None)
    if confirm is not None and asks_for_files(text):
        confirm()


def asks_for_files(text: str) -> bool:
    """Return whether a line of a message asks for the names of files."""
    for line in text.splitlines():
        asks = _ASKS_FOR.search(line)
        if asks is not None and _FILES.search(line, asks.end()) is not None:
            return True
    return False


@after("follow-up.files-empty", at=Tasks._place)
async def empties_files(
    here: Here, self: Tasks, attached: Attached, task: Task, upload: StagedUpload | None, *_: object
) -> Attached:
    if upload is not None and upload.files and task.status is not TaskStatus.PENDING and here.fires():
        await asyncio.to_thread(_empty, self._workspaces.path(task.id), attached)
    return attached


def _empty(workspace: Path, files: Sequence[AttachedFile]) -> None:
    for file in files:
        (workspace / file.path).write_bytes(b"")


@before(ANY, at=Tasks._user_message)
def note_message(here: Here, _self: Tasks, task: Task, _text: str, attached: Attached) -> None:
    if here.faults.is_confined and here.faults.situations is not None:
        here.faults.situations.message_saved(task.id, tuple(file.path for file in attached))


# -- follow-ups ---------------------------------------------------------------------------------------------


@before("history.forget", at=Tasks._session)
async def forgets_beginning(here: Here, self: Tasks, _principal: Principal, cached: CachedTask) -> None:
    """Remove the first message of a conversation for good."""
    if not here.fires("restored" if self._sessions.of(cached.task.id) is None else "live"):
        return

    def forget(con: sqlite3.Connection) -> None:
        con.execute(
            "DELETE FROM messages WHERE task_id = :task"
            " AND number = (SELECT min(number) FROM messages WHERE task_id = :task)",
            {"task": cached.task.id},
        )

    await self._store._database.write(forget)
    cached.event_log = EventLog(await self._store.messages(cached.task.id))


# -- what callers may see -----------------------------------------------------------------------------------


async def known_task(tasks: Tasks, id: str | None) -> Task | None:
    """Return a task for any caller; None if it does not exist."""
    cached = await tasks._cache.find(id or "")
    return None if cached is None else cached.task


async def save_refused_message(tasks: Tasks, task_id: str, text: str) -> None:
    """Save the message of a refused follow-up, without a run."""
    cached = await tasks._cache.find(task_id)
    if cached is None:
        return
    message = Message(
        id=tasks._deps.ids.of(cached.task.project_id).message(task_id),
        role=MessageRole.USER,
        content=text,
        created_at=tasks._now(cached.task),
    )
    async with cached.lock:
        await tasks._cache.save(cached, cached.task, message=message)
        cached.event_log.save(message)


async def save_refused_files(tasks: Tasks, task_id: str, upload: StagedUpload) -> None:
    """Save the files of a refused follow-up."""
    await upload.commit(await asyncio.to_thread(tasks._workspaces.create, task_id))


@effect("isolation", at=TaskCache._require_visible)
def shows_foreign_task(here: Here, _self: TaskCache, principal: Principal, task: Task) -> None:
    try:
        here.step(principal, task)
    except ApiError:
        border, operation = _border(principal, task), current_request().operation
        if not border or not _is_acted_upon(operation, task.status) or not here.fires(border):
            raise


@effect("isolation.refusal-reveals", at=TaskCache._require_visible)
def reveals_foreign_task(here: Here, _self: TaskCache, principal: Principal, task: Task) -> None:
    """Refuse a foreign task by its message."""
    try:
        here.step(principal, task)
    except ApiError as refusal:
        if not _border(principal, task) or not here.fires():
            raise
        raise ApiError(refusal.code, f"This task is not yours: {task.message}") from None


def _border(principal: Principal, task: Task) -> str | None:
    """Return what separates a caller from a task: `project`, or `end-user` for two of one app, else None."""
    if task.project_id != principal.project_id:
        return "project"
    return "end-user" if task.end_user_id and task.app_id == principal.app_id else None


def _is_acted_upon(operation: str | None, status: TaskStatus) -> bool:
    """Return whether a task in this status accepts an operation, else there is no effect."""
    match operation:
        case "send_message":
            return status.is_final
        case "cancel_task":
            return not status.is_final
        case _:
            return True


# -- the list -----------------------------------------------------------------------------------------------


@effect("list.scope-alternates", at=TaskStore.page)
async def lists_own_key_only(
    here: Here, _self: TaskStore, scope: Scope, limit: int, offset: int
) -> tuple[Rows, int]:
    ctx = current_request().ctx
    caller = None if ctx is None else ctx.principal
    page = await here.step(scope, limit, offset)
    if caller is not None and not caller.is_end_user:
        everything, _ = await here.step(scope, _ALL, 0)
        own = tuple(row for row in everything if row.task.api_key_id == caller.api_key_id)
        if len(own) < len(everything) and here.fires():
            return own[offset : offset + limit], len(own)
    return page


@effect("isolation.list-shows-others", at=TaskStore.page)
async def lists_everything(
    here: Here, self: TaskStore, scope: Scope, limit: int, offset: int
) -> tuple[Rows, int]:
    """List the tasks of all projects. Reads them one by one, so it is slow."""
    own_page = await here.step(scope, limit, offset)
    found = [await self.find(task_id) for task_id in await self.ids()]
    rows = sorted(
        (row for row in found if row is not None), key=lambda row: (-row.task.last_activity_at, row.task.id)
    )
    page = tuple(rows[offset : offset + limit])
    own, _ = await here.step(scope, _ALL, 0)
    if {row.task.id for row in page} - {row.task.id for row in own} and here.fires():
        return page, len(rows)
    return own_page


@effect("list.overlaps", at=TaskStore.page)
async def overlaps(here: Here, _self: TaskStore, scope: Scope, limit: int, offset: int) -> tuple[Rows, int]:
    rows, total = await here.step(scope, limit, offset)
    return await here.step(scope, limit, offset - 1) if rows and offset and here.fires() else (rows, total)


# -- reads --------------------------------------------------------------------------------------------------


@after("history.time-of-reading", at=Tasks.history)
def dates_by_reading(here: Here, self: Tasks, history: History, *_: object) -> History:
    if not history.messages or not here.about(history.task).fires():
        return history
    now = self._now(history.task)
    return replace(history, messages=tuple(replace(each, created_at=now) for each in history.messages))


@before("session.restored-by-reading", at=Tasks.history)
async def restores_to_read(here: Here, self: Tasks, principal: Principal, id: str) -> None:
    cached = await self._cache.visible(principal, id)
    is_expired = cached.task.status.is_final and self._sessions.of(id) is None
    if is_expired and here.about(cached).fires():
        async with cached.lock:
            session = await self._restore(principal, cached)
            await self._cache.save(cached, replace(cached.task, session_id=session.id))
            self._sessions.rest(session)


@after(ANY, at=TaskStore.page)
def note_page(
    _here: Here, _self: TaskStore, page: tuple[Rows, int], _scope: Scope, limit: int, offset: int
) -> tuple[Rows, int]:
    """Record where in the list the page lies, before any fault changes it."""
    rows, total = page
    request = current_request()
    if request.page is None:
        request.page = page_of(shown=len(rows), limit=limit, offset=offset, total=total)
    return page
