"""The use cases of the Task API: create, list, get, history, follow up, approve, cancel.

A confirmed request is durable: files are in the workspace before their row is written, and a method returns
after the commit. Leftovers of a crash in between, a workspace without a task or files without a message, are
removed at start.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sigmic_mock.domain.access import require_write, scope_of
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.lifecycle import Input, advance, next_status
from sigmic_mock.domain.model import (
    AttachedFile,
    Message,
    MessageRole,
    Outcome,
    Output,
    Principal,
    Task,
    ToolCall,
)
from sigmic_mock.domain.paging import DEFAULT_LIMIT, Page, check_page
from sigmic_mock.domain.secret import Secret
from sigmic_mock.service.accounts import Accounts
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.running_turns import RunningTurns
from sigmic_mock.service.sessions import Session
from sigmic_mock.service.task_cache import CachedTask
from sigmic_mock.service.variables import session_variables
from sigmic_mock.storage.staging import StagedUpload
from sigmic_mock.storage.tasks import StoredTask

MOST_CHARACTERS = 100_000
"""Of a message, after trimming (G-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTask:
    """A new task as asked for. `env` and `secrets` have passed `domain.variables.check_variables`."""

    message: str
    system_prompt: str | None = None
    show_in_history: bool = True
    auto_execute: bool = True
    env: Mapping[str, str] | None = None
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    upload: StagedUpload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """The current state of one task.

    `output` is what the last turn produced, None before the first turn (X-13); `pending_approvals` are in the
    order they were asked.
    """

    task: Task
    output: Output | None
    pending_approvals: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A task and its saved conversation, oldest first; the answer in progress is not in it (G-49)."""

    task: Task
    messages: tuple[Message, ...]


class Tasks:
    """Operations on tasks for a caller. Every method raises `ApiError`; a foreign one is NOT_FOUND (G-41)."""

    def __init__(self, deps: TaskDependencies, turns: RunningTurns, accounts: Accounts) -> None:
        self._deps = deps
        self._cache = deps.cache
        self._sessions = deps.sessions
        self._store = deps.store
        self._workspaces = deps.workspaces
        self._turns = turns
        self._accounts = accounts

    async def create(self, principal: Principal, request: CreateTask) -> Task:
        """Save a new task, commit its upload and start it; return it `pending`, once it is on disk.

        The upload is discarded when this raises.
        """
        task_id = await self._new_id(principal.project_id)
        try:
            require_write(principal)
            return await self._create(principal, task_id, request)
        except BaseException:
            if request.upload is not None:
                await request.upload.discard()
                await self._workspaces.remove(task_id)
            raise

    async def _create(self, principal: Principal, task_id: str, request: CreateTask) -> Task:
        self._check(request)
        task = self._new_task(principal, task_id, request)
        variables = await session_variables(
            self._accounts, token_id=principal.token_id, env=task.env, secrets=request.secrets
        )
        attached = await self._place(task, request.upload)
        message = self._user_message(task, request.message, attached)
        stored = StoredTask(
            task=task,
            message_count=1,
            token_id=principal.token_id,
            secret_names=tuple(sorted(request.secrets)),
        )
        cached = CachedTask(stored, [message])
        cached.begin(task.created_at)
        async with cached.lock:
            await self._cache.create(cached, message)
            self._turns.start(cached, self._sessions.open(task, variables), message)
        self._deps.counters.tasks_created += 1
        return task

    async def list(
        self, principal: Principal, limit: int = DEFAULT_LIMIT, offset: int = 0
    ) -> Page[StoredTask]:
        """Return one page of the caller's tasks, most recent activity first.

        A task created with `showInHistory` false is listed like any other: the flag concerns the history of
        the chat UI (G-22).
        """
        check_page(limit, offset)
        rows, total = await self._store.page(scope_of(principal), limit, offset)
        return Page(items=rows, total=total, limit=limit, offset=offset)

    async def get(self, principal: Principal, id: str) -> TaskView:
        """Return one task with the output of its last turn."""
        return self._view(await self._cache.visible(principal, id))

    def _view(self, cached: CachedTask) -> TaskView:
        running, output = cached.event_log.output, cached.stored.output
        if running is not None and cached.task.started_at is not None:
            output = running.snapshot()
        pending = self._turns.pending_approvals(cached.task.id)
        return TaskView(task=cached.task, output=output, pending_approvals=pending)

    async def history(self, principal: Principal, id: str) -> History:
        """Return one task with its saved conversation."""
        cached = await self._cache.visible(principal, id)
        return History(task=cached.task, messages=await self._store.messages(id))

    async def check_sendable(self, principal: Principal, id: str) -> None:
        """Raise what `send_message` would raise before it reads the message: call it before an upload."""
        await self._sendable(principal, id)

    async def send_message(
        self, principal: Principal, id: str, text: str, upload: StagedUpload | None = None
    ) -> None:
        """Save a follow-up and run it; returns once it is on disk and the task is `running`.

        CONFLICT while the task is not finished (G-59). The upload is discarded when this raises.
        """
        try:
            cached = await self._sendable(principal, id)
            _check_message(text)
            async with cached.lock:
                await self._follow_up(principal, cached, text, upload)
        except BaseException:
            if upload is not None:
                await upload.discard()
            raise

    async def _sendable(self, principal: Principal, id: str) -> CachedTask:
        cached = await self._cache.visible(principal, id)
        require_write(principal)
        next_status(cached.task.status, Input.FOLLOW_UP)  # raises CONFLICT
        return cached

    async def _follow_up(
        self, principal: Principal, cached: CachedTask, text: str, upload: StagedUpload | None
    ) -> None:
        now = self._now(cached.task)
        task = advance(cached.task, Input.FOLLOW_UP, now)
        session = await self._session(principal, cached)
        try:
            attached = await self._place(task, upload, cached.stored.message_count + 1)
            message = self._user_message(task, text, attached)
            task = replace(task, session_id=session.id, conversation_id=self._conversation(task, now))
            await self._cache.save(
                cached, task, output=Output(updated_at=now), message=message, token_id=principal.token_id
            )
        except BaseException as problem:
            self._sessions.rest(session)
            # What failed was not saved. What was cancelled may be saved all the same: the next start knows.
            if upload is not None and isinstance(problem, Exception):
                await upload.take_back()
            raise
        cached.event_log.save(message)
        cached.begin(now)
        self._turns.start(cached, session, message)
        self._deps.counters.messages_sent += 1
        if upload is not None:
            await upload.keep()

    async def approve(self, principal: Principal, id: str, call_id: str, outcome: Outcome) -> bool:
        """Answer an approval request; True when the call may run. NOT_FOUND when none is open (G-64)."""
        await self._cache.visible(principal, id)
        require_write(principal)
        return await self._turns.decide(id, call_id, outcome)

    async def cancel(self, principal: Principal, id: str) -> None:
        """Stop a task that is not finished; CONFLICT when it is (G-71)."""
        cached = await self._cache.visible(principal, id)
        require_write(principal)
        await self._turns.cancel(cached)

    async def _new_id(self, project_id: str) -> str:
        ids = self._deps.ids.of(project_id)
        task_id = ids.task()
        while ids.is_seeded and await self._cache.find(task_id) is not None:  # of a server before this one
            task_id = ids.task()
        return task_id

    def _new_task(self, principal: Principal, task_id: str, request: CreateTask) -> Task:
        return Task(
            id=task_id,
            project_id=principal.project_id,
            api_key_id=principal.api_key_id,
            username=principal.username,
            app_id=principal.app_id,
            end_user_id=principal.end_user_id,
            message=request.message,
            system_prompt=request.system_prompt,
            show_in_history=request.show_in_history,
            auto_execute=request.auto_execute,
            env=request.env,
            created_at=self._deps.clocks.of(principal.project_id).now(),
        )

    def _conversation(self, task: Task, now: int) -> str:
        """Return the task's conversation; one that was cancelled before it started has none yet."""
        return task.conversation_id or self._deps.ids.of(task.project_id).conversation(task.id, now)

    async def _session(self, principal: Principal, cached: CachedTask) -> Session:
        """Return the task's live session, awake, or restore it as a new one (H-03)."""
        session = self._sessions.of(cached.task.id)
        if session is None:
            return await self._restore(principal, cached)
        self._sessions.wake(session)
        return session

    async def _restore(self, principal: Principal, cached: CachedTask) -> Session:
        token_id = principal.token_id or cached.stored.token_id
        lost = cached.stored.secret_names
        variables = await session_variables(
            self._accounts, token_id=token_id, env=cached.task.env, secrets={}, lost=lost
        )
        return self._sessions.open(cached.task, variables)

    async def _place(
        self, task: Task, upload: StagedUpload | None, number: int | None = None
    ) -> tuple[AttachedFile, ...]:
        """Move the files into the workspace; their final names are known only then.

        Without a message's number they are for a new task: its workspace is removed after a crash.
        """
        if upload is None or not upload.files:
            return ()
        await upload.commit(await asyncio.to_thread(self._workspaces.create, task.id), number)
        return tuple(AttachedFile(name, path) for name, path in upload.files)

    def _user_message(self, task: Task, text: str, attached: tuple[AttachedFile, ...]) -> Message:
        return Message(
            id=self._deps.ids.of(task.project_id).message(task.id),
            role=MessageRole.USER,
            content=text,
            created_at=task.started_at or task.created_at,
            attached_files=attached,
        )

    def _now(self, task: Task) -> int:
        return self._deps.clocks.of(task.project_id).now()

    def _check(self, request: CreateTask) -> None:
        _check_message(request.message)
        _check_unicode("systemPrompt", request.system_prompt or "")


def _check_message(text: str) -> None:
    """Raise VALIDATION_ERROR for a message that is too short or too long (G-11)."""
    if not 1 <= len(text.strip()) <= MOST_CHARACTERS:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"message must have 1 to {MOST_CHARACTERS} characters")
    _check_unicode("message", text)


def _check_unicode(field: str, text: str) -> None:
    """Refuse a lone surrogate: JSON can carry it, UTF-8 (and so the database) cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{field} is not valid Unicode") from None
