"""The use cases of the Task API: create, list, get, history, follow up, approve, cancel.

Acknowledged is kept: files are in the workspace before the row that speaks of them is written, and a method
returns after the commit. What a crash in between leaves behind, a workspace without a task or files without a
message, is removed at start.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sigmic_conformance.mock_server.domain.access import Scope, require_write, scope_of
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.lifecycle import IllegalTransition, Input, advance, next_status
from sigmic_conformance.mock_server.domain.model import (
    AttachedFile,
    Message,
    MessageRole,
    Outcome,
    Output,
    Principal,
    Task,
)
from sigmic_conformance.mock_server.domain.paging import DEFAULT_LIMIT, Page, check_page
from sigmic_conformance.mock_server.ports import Upload
from sigmic_conformance.mock_server.service.loaded import LoadedTask
from sigmic_conformance.mock_server.service.misdeeds import Misdeeds
from sigmic_conformance.mock_server.service.mispaging import Mispaging
from sigmic_conformance.mock_server.service.runs import Runs
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.slips import Slips
from sigmic_conformance.mock_server.service.values import CreateTask, History, TaskSummary, TaskView
from sigmic_conformance.mock_server.service.variables import TokenVariables, session_variables
from sigmic_conformance.mock_server.service.workplace import Workplace
from sigmic_conformance.mock_server.storage.task_rows import StoredTask

MOST_CHARACTERS = 100_000
"""Of a message, after trimming (G-11)."""


class Tasks:
    """What a caller may do with tasks. Every method raises `ApiError`; a foreign task is NOT_FOUND (G-41)."""

    def __init__(self, place: Workplace, runs: Runs, variables: TokenVariables) -> None:
        self._clocks = place.clocks
        self._ids = place.ids
        self._store = place.store
        self._loaded = place.tasks
        self._runs = runs
        self._sessions = place.sessions
        self._workspaces = place.workspaces
        self._variables = variables
        self._counters = place.counters
        self._deviations = place.deviations
        self._pages = Mispaging(place)
        self.slips = Slips(place)
        self.misdeeds = Misdeeds(place)

    async def create(self, principal: Principal, request: CreateTask) -> Task:
        """Save a new task, commit its upload and start it; return it `pending`, once it is on disk.

        The upload is discarded when this raises.
        """
        task_id = await self._new_id(principal.project_id)
        try:
            require_write(principal)
            task = await self._create(principal, task_id, request)
        except BaseException:
            if request.upload is not None:
                await request.upload.discard()
                await self._workspaces.remove(task_id)
            raise
        await self._work_first(task, "create_task")
        return task

    async def _work_first(self, task: Task, operation: str) -> None:
        """Answer only when the agent is done, when a fault wants it so."""
        about = {"task": task.id, "operation": operation}
        if self._deviations.deviates("answer-last", task.project_id, **about) is not None:
            await self._runs.finished(task.id)

    def _deviates(self, decision: str, task: Task) -> Mapping[str, Any] | None:
        return self._deviations.deviates(decision, task.project_id, task=task.id)

    async def _create(self, principal: Principal, task_id: str, request: CreateTask) -> Task:
        request = self.slips.asked(principal, task_id, request)
        text = request.message if request.unchecked else _checked(request.message)
        _check_unicode("systemPrompt", request.system_prompt or "")
        variables = await session_variables(
            self.misdeeds.token_variables(self._variables, task_id, principal.project_id),
            token_id=principal.token_id,
            env=request.env,
            secrets=request.secrets,
        )
        attached = await self._place(principal.project_id, task_id, request.upload)
        now = self._clocks.of(principal.project_id).now()
        task = Task(
            id=task_id,
            project_id=principal.project_id,
            api_key_id=principal.api_key_id,
            username=principal.username,
            app_id=principal.app_id,
            end_user_id=principal.end_user_id,
            message=text,
            system_prompt=request.system_prompt,
            show_in_history=request.show_in_history,
            auto_execute=request.auto_execute,
            env=self.misdeeds.shown_env(task_id, principal.project_id, request.env, variables),
            created_at=now,
        )
        stored = StoredTask(
            task=task,
            message_count=1,
            token_id=principal.token_id,
            secret_names=tuple(sorted(request.secrets)),
        )
        message = self._user_message(task, text, attached)
        loaded = LoadedTask(stored, [message])
        loaded.begin(now)
        async with loaded.lock:
            await self._loaded.create(loaded, message)
            self._runs.start(loaded, self.misdeeds.open(task, variables, restored=False), message)
        self._counters.tasks_created += 1
        return task

    async def list(
        self, principal: Principal, limit: int = DEFAULT_LIMIT, offset: int = 0
    ) -> Page[TaskSummary]:
        """Return one page of the caller's tasks, most recent activity first.

        A task created with `showInHistory` false is listed like any other: the flag concerns the history of
        the chat UI (G-22).
        """
        is_long = self.slips.takes_long_page(principal, limit)
        if not is_long:
            check_page(limit, offset)
        scope = scope_of(principal)
        if self._deviations.deviates("list.scope", principal.project_id) is not None:
            scope = Scope(project_id=None)
        page = await self._pages.page(scope, limit, offset)
        rows, total = await self.slips.narrowed(principal, page, limit, offset)
        rows = self.slips.padded(rows, limit) if is_long else rows
        items = tuple(TaskSummary(task=row.task, message_count=row.message_count) for row in rows)
        return Page(items=items, total=total, limit=limit, offset=offset)

    async def get(self, principal: Principal, id: str) -> TaskView:
        """Return one task with the output of its last turn."""
        loaded = await self._loaded.visible(principal, id)
        running = loaded.journal.output
        output = loaded.stored.output
        if running is not None and loaded.task.started_at is not None:
            output = running.snapshot()
        asking = self._runs.pending_approvals(id)
        view = TaskView(task=loaded.task, output=output, pending_approvals=asking)
        view = self.slips.view(view, is_followed_up=loaded.stored.message_count > 1)
        return await self.slips.of_all_turns(view, loaded.stored.message_count)

    async def history(self, principal: Principal, id: str) -> History:
        """Return one task with its saved conversation."""
        loaded = await self._loaded.visible(principal, id)
        await self._restore_to_read(principal, loaded)
        messages = await self._store.messages(id)
        return History(task=loaded.task, messages=self.slips.told_messages(loaded, messages))

    async def _restore_to_read(self, principal: Principal, loaded: LoadedTask) -> None:
        """Restore an expired session because somebody reads, when a fault wants it."""
        is_expired = loaded.task.status.is_final and self._sessions.of(loaded.task.id) is None
        if is_expired and self._deviates("session.restored-by-reading", loaded.task) is not None:
            async with loaded.lock:
                session = await self._session(principal, loaded)
                await self._loaded.save(loaded, replace(loaded.task, session_id=session.id))
                self._sessions.rest(session)

    async def project_of(self, id: str) -> str | None:
        """Return the project of a task, whoever asks; None when there is no such task."""
        loaded = await self._loaded.find(id)
        return None if loaded is None else loaded.task.project_id

    async def check_sendable(self, principal: Principal, id: str) -> None:
        """Raise what `send_message` would raise before it looks at the message: ask before an upload."""
        loaded = await self._loaded.visible(principal, id)
        require_write(principal)
        try:
            next_status(loaded.task.status, Input.FOLLOW_UP)
        except IllegalTransition as illegal:
            raise illegal.as_conflict() from None
        if self.slips.refuses_after(loaded.task):
            raise IllegalTransition(loaded.task.status, Input.FOLLOW_UP).as_conflict()

    async def send_message(
        self, principal: Principal, id: str, text: str, upload: Upload | None = None
    ) -> None:
        """Save a follow-up and run it; returns once it is on disk and the task is `running`.

        CONFLICT while the task is not finished (G-59). The upload is discarded when this raises.
        """
        try:
            await self.check_sendable(principal, id)
            loaded = await self._loaded.visible(principal, id)
            async with loaded.lock:
                await self._follow_up(principal, loaded, _checked(text), upload)
            await self._work_first(loaded.task, "send_message")
        except BaseException:
            if upload is not None:
                await upload.discard()
            raise

    async def _follow_up(
        self, principal: Principal, loaded: LoadedTask, text: str, upload: Upload | None
    ) -> None:
        now = self._clocks.of(loaded.task.project_id).now()
        try:
            task = self.slips.followed(advance(loaded.task, Input.FOLLOW_UP, now), loaded.task)
        except IllegalTransition as illegal:
            raise illegal.as_conflict() from None
        await self.slips.forget(loaded)
        restored = self._sessions.of(task.id) is None
        session = await self._session(principal, loaded)
        number = loaded.stored.message_count + 1
        place = partial(self._place, task.project_id, task.id, number=number)
        try:
            attached = await self.slips.attach(task, upload, place)
            message = self._user_message(task, text, attached)
            task = replace(
                task,
                session_id=session.id,
                conversation_id=self.slips.conversation(task, now, restored=restored),
            )
            await self._loaded.save(
                loaded,
                task,
                output=Output(updated_at=now),
                message=message,
                token_id=principal.token_id,
            )
        except BaseException as problem:
            self._sessions.rest(session)
            # What failed was not saved. What was called off may be saved all the same: the next start knows.
            if upload is not None and isinstance(problem, Exception):
                await upload.take_back()
            raise
        loaded.journal.save(message)
        loaded.begin(now)
        self._runs.start(loaded, session, message)
        self._counters.messages_sent += 1
        if upload is not None:
            await upload.keep()

    async def approve(self, principal: Principal, id: str, call_id: str, outcome: Outcome) -> bool:
        """Answer an approval request; True when the call may go on. NOT_FOUND when none is open (G-64)."""
        await self._loaded.visible(principal, id)
        require_write(principal)
        turn = self._runs.turn_of(id)
        if turn is None:
            raise ApiError(ErrorCode.NOT_FOUND, "No approval is open for this tool call")
        try:
            return await turn.approvals.decide(call_id, outcome)
        except ApiError:
            if outcome is Outcome.CANCEL or not await turn.run_again(call_id):
                raise
            return True

    async def cancel(self, principal: Principal, id: str) -> None:
        """Stop a task that is not finished; CONFLICT when it is (G-71)."""
        loaded = await self._loaded.visible(principal, id)
        require_write(principal)
        if self.misdeeds.ignores_cancellation(loaded.task):
            return
        try:
            await self._runs.cancel(loaded, as_failure=self.misdeeds.cancels_as_failure(loaded.task))
        except IllegalTransition as illegal:
            if not await self.misdeeds.cancel_finished(loaded):
                raise illegal.as_conflict() from None

    async def _session(self, principal: Principal, loaded: LoadedTask) -> Session:
        """Return the task's live session, awake, or restore it as a new one (H-03)."""
        session = self._sessions.of(loaded.task.id)
        if session is not None:
            self._sessions.wake(session)
            return session
        variables = await session_variables(
            self._variables,
            token_id=principal.token_id or loaded.stored.token_id,
            env=loaded.task.env,
            secrets={},
            lost=loaded.stored.secret_names,
        )
        variables = await self.misdeeds.before_restore(loaded, variables)
        return self.misdeeds.open(loaded.task, variables, restored=True)

    async def _place(
        self, project_id: str, task_id: str, upload: Upload | None, *, number: int | None = None
    ) -> tuple[AttachedFile, ...]:
        """Put the files into the workspace; their names as placed are known only then.

        Without a message's number they are for a new task: what a crash leaves of it goes with its workspace.
        """
        if upload is None or not upload.files:
            return ()
        await upload.commit(await asyncio.to_thread(self._workspaces.create, task_id), number)
        if self._deviations.deviates("upload.unattached", project_id, task=task_id) is not None:
            return ()
        return tuple(AttachedFile(name, path) for name, path in upload.files)

    async def _new_id(self, project_id: str) -> str:
        ids = self._ids.of(project_id)
        task_id = ids.task()
        while ids.is_seeded and await self._loaded.find(task_id) is not None:  # of a server before this one
            task_id = ids.task()
        return task_id

    def _user_message(self, task: Task, text: str, attached: tuple[AttachedFile, ...]) -> Message:
        return Message(
            id=self._ids.of(task.project_id).message(task.id),
            role=MessageRole.USER,
            content=self.slips.saved_words(task, text, attached),
            created_at=task.started_at or task.created_at,
            attached_files=attached,
        )


def _checked(text: str) -> str:
    """Return the message as sent; raises VALIDATION_ERROR (G-11)."""
    if not 1 <= len(text.strip()) <= MOST_CHARACTERS:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"message must have 1 to {MOST_CHARACTERS} characters")
    _check_unicode("message", text)
    return text


def _check_unicode(field: str, text: str) -> None:
    """Refuse a lone surrogate: JSON can carry it, UTF-8 (and so the database) cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{field} is not valid Unicode") from None
