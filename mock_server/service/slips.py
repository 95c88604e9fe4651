"""What armed faults make the service do wrong with a conversation: its text, its messages, its files.

Rule: a slip is asked for only where it changes something, because a yes counts as fired.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.domain.access import Scope
from sigmic_conformance.mock_server.domain.event_log import EventLog
from sigmic_conformance.mock_server.domain.model import (
    AttachedFile,
    Message,
    MessageRole,
    Output,
    Principal,
    Task,
    TaskStatus,
)
from sigmic_conformance.mock_server.domain.paging import MAX_LIMIT
from sigmic_conformance.mock_server.ports import Upload
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from sigmic_conformance.mock_server.service.values import CreateTask, TaskView
from sigmic_conformance.mock_server.service.workplace import Workplace
from sigmic_conformance.mock_server.storage.task_rows import StoredTask

Place = Callable[[Upload], Awaitable[tuple[AttachedFile, ...]]]
_ALL = 100_000
_BASIC_PLANE = 0xFFFF
_TWO_TURNS = 4
"""Messages, of a user and the agent in turn."""
_UNLIKE = frozenset({TaskStatus.AWAITING_APPROVAL, TaskStatus.FAILED, TaskStatus.CANCELLED})
"""Where the documentation does not say whether there is an output; all of them are to be alike."""


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

    def view(self, view: TaskView, *, is_followed_up: bool = False) -> TaskView:
        """Return the task as it is told: without output while it runs, or as if each read changed it."""
        is_at_work = is_followed_up and not view.task.status.is_final
        if is_at_work and self._deviates("follow-up.status-late", view.task) is not None:
            view = replace(view, task=replace(view.task, status=TaskStatus.COMPLETED))
        task, output = view.task, view.output
        if output is None:
            return view
        if task.status is TaskStatus.RUNNING and self._deviates("output.at-the-end", task) is not None:
            return replace(view, output=None)
        if task.status in _UNLIKE and self._deviates("output.by-status", task, task.status.value) is not None:
            return replace(view, output=None)
        if output.tool_calls and not task.auto_execute:
            view = self._lingering(view, output)
        if task.completed_at is not None and self._deviates("task.touched", task) is not None:
            late = next(self._touches)
            ended = replace(task, completed_at=task.completed_at + late)
            return replace(view, task=ended, output=replace(output, updated_at=output.updated_at + late))
        return view

    def _lingering(self, view: TaskView, output: Output) -> TaskView:
        """Return the task with every call of the turn as one that waits, whether or not it was answered."""
        waiting = {call.call_id for call in view.pending_approvals}
        answered = [call for call in output.tool_calls if call.call_id not in waiting]
        if not answered or self._deviates("approval.lingers", view.task) is None:
            return view
        return replace(view, pending_approvals=output.tool_calls)

    async def of_all_turns(self, view: TaskView, count: int) -> TaskView:
        """Return the task with the output of all turns, or the newest message for the first."""
        task, output = view.task, view.output
        if count < _TWO_TURNS or output is None or not task.status.is_final:
            return view
        messages = partial(self._place.store.messages, task.id)
        if self._deviates("output.all-turns", task) is not None:
            said = [each.content for each in await messages() if each.role is MessageRole.ASSISTANT]
            view = replace(view, output=replace(output, content="\n\n".join(said)))
        if self._deviates("task.newest-message", task) is not None:
            asked = [each.content for each in await messages() if each.role is MessageRole.USER]
            view = replace(view, task=replace(task, message=asked[-1]))
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

    def told_messages(self, cached: CachedTask, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """Return the history as it is told: with the answer in progress, or with the time of the reading."""
        task, running = cached.task, cached.event_log.output
        if running is not None and self._deviates("history.in-progress", task) is not None:
            unfinished = Message(
                id=self._place.ids.of(task.project_id).message(task.id),
                role=MessageRole.ASSISTANT,
                content=running.text,
                created_at=self._place.clocks.of(task.project_id).now(),
            )
            messages = (*messages, unfinished)
        if messages and self._deviates("history.time-of-reading", task) is not None:
            now = self._place.clocks.of(task.project_id).now()
            messages = tuple(replace(each, created_at=now) for each in messages)
        return messages

    # --- what is saved of a message ------------------------------------------------------------------------

    def saved_words(self, task: Task, text: str, attached: Sequence[AttachedFile]) -> str:
        """Return what is saved of the user's words: the list of the files too, when a fault adds it."""
        if attached and self._deviates("message.with-files", task) is not None:
            names = "".join(f"- {file.path}\n" for file in attached)
            return f"Attached files:\n{names}\n{text}"
        return text

    # --- a follow-up ---------------------------------------------------------------------------------------

    def refuses_after(self, task: Task) -> bool:
        """True when a task that ended badly is to take no message any more."""
        ended_badly = task.status in {TaskStatus.FAILED, TaskStatus.CANCELLED}
        return ended_badly and self._deviates("follow-up.refused-after", task, task.status.value) is not None

    def followed(self, task: Task, before: Task) -> Task:
        """Return the task as a follow-up leaves it: what is to be cleared kept, what is to stay cleared."""
        if before.completed_at is not None and self._deviates("follow-up.keeps-completion", task) is not None:
            task = replace(task, completed_at=before.completed_at)
        has_options = task.env is not None or task.system_prompt is not None or not task.auto_execute
        if has_options and self._deviates("follow-up.resets-options", task) is not None:
            task = replace(task, env=None, system_prompt=None, auto_execute=True)
        return task

    def conversation(self, task: Task, now: int, *, restored: bool) -> str:
        """Return the conversation that a follow-up is of: the task's own, or a new one when a fault wants it.

        The code is `restored` when the session before had expired, else `live`.
        """
        own = task.conversation_id
        code = "restored" if restored else "live"
        if own is None or self._deviates("follow-up.new-conversation", task, code) is not None:
            return self._place.ids.of(task.project_id).conversation(task.id, now)
        return own

    async def forget(self, cached: CachedTask) -> None:
        """Lose the first message of the conversation for good."""
        if self._deviates("history.forget", cached.task) is not None:
            await self._place.store.forget_beginning(cached.task.id)
            cached.event_log = EventLog(await self._place.store.messages(cached.task.id))

    async def keep_message(self, task_id: str, text: str) -> None:
        """Save a message that was refused, and leave it at that."""
        cached = await self._place.cache.find(task_id)
        if cached is None:
            return
        message = Message(
            id=self._place.ids.of(cached.task.project_id).message(task_id),
            role=MessageRole.USER,
            content=text,
            created_at=self._place.clocks.of(cached.task.project_id).now(),
        )
        async with cached.lock:
            await self._place.cache.save(cached, cached.task, message=message)
            cached.event_log.save(message)

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

    def loses_answer(self, cached: CachedTask) -> bool:
        """True when the answer is not to be saved."""
        turn = "first" if cached.stored.message_count == 1 else "follow-up"
        return self._deviates("run.unsaved-answer", cached.task, turn) is not None

    def final_response(self, cached: CachedTask, text: str) -> str:
        """Return what the end of the run says: the text of the answer, or words of its own."""
        wrong = self._deviates("run.final-response", cached.task)
        return text if wrong is None else str(wrong["text"])

    def saves_late(self, cached: CachedTask) -> float | None:
        """Return for how many seconds a run is over before it is saved so; None in earnest."""
        wrong = self._deviates("run.saved-late", cached.task)
        return None if wrong is None else float(wrong["seconds"])

    def completes_although_failed(self, cached: CachedTask) -> bool:
        """True when a run that failed is to be saved as one that completed."""
        return self._deviates("run.failed-as-completed", cached.task) is not None


def _empty(workspace: Path, files: Sequence[AttachedFile]) -> None:
    for file in files:
        (workspace / file.path).write_bytes(b"")
