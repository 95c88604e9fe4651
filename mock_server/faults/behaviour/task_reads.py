"""Tasks that are read otherwise than they are: another output, another message, another history."""

from dataclasses import replace
from itertools import count

from sigmic_conformance.mock_server.domain.model import (
    Message,
    MessageRole,
    Output,
    Principal,
    TaskStatus,
)
from sigmic_conformance.mock_server.faults.behaviour.task_list import FaultyTaskList
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.runs import Runs
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from sigmic_conformance.mock_server.service.tasks import History, TaskView
from sigmic_conformance.mock_server.service.variables import TokenVariables

_TWO_TURNS = 4
"""Messages, of a user and the agent in turn."""
_WITHOUT_COMPLETION = frozenset({TaskStatus.AWAITING_APPROVAL, TaskStatus.FAILED, TaskStatus.CANCELLED})
"""Where the documentation does not say whether there is an output; all of them are to be alike."""


class FaultyTaskReads(FaultyTaskList):
    """Use cases with misbehaving reads of one task."""

    def __init__(self, deps: TaskDependencies, runs: Runs, tokens: TokenVariables, *, faults: Faults) -> None:
        super().__init__(deps, runs, tokens, faults=faults)
        self._touches = count(1)

    async def get(self, principal: Principal, id: str) -> TaskView:
        """Return one task as it is told."""
        cached = await self._cache.visible(principal, id)
        view = self._view(cached)
        if cached.stored.message_count < _TWO_TURNS:
            return view
        return await self._of_all_turns(view)

    def _view(self, cached: CachedTask) -> TaskView:
        """Return the task without its output, or as if it were over, unanswered or changed by each read."""
        view = super()._view(cached)
        asker = self._asker(cached.task)
        is_at_work = cached.stored.message_count > 1 and not view.task.status.is_final
        if is_at_work and asker.wanted("follow-up.status-late"):
            view = replace(view, task=replace(view.task, status=TaskStatus.COMPLETED))
        task, output = view.task, view.output
        if output is None:
            return view
        if task.status is TaskStatus.RUNNING and asker.wanted("output.at-the-end"):
            return replace(view, output=None)
        if task.status in _WITHOUT_COMPLETION and asker.wanted("output.by-status", task.status.value):
            return replace(view, output=None)
        if output.tool_calls and not task.auto_execute:
            view = self._lingering(view, output)
        if task.completed_at is not None and asker.wanted("task.touched"):
            late = next(self._touches)
            ended = replace(task, completed_at=task.completed_at + late)
            return replace(view, task=ended, output=replace(output, updated_at=output.updated_at + late))
        return view

    def _lingering(self, view: TaskView, output: Output) -> TaskView:
        """Return the task with every call of the turn as one that waits, whether or not it was answered."""
        waiting = {call.call_id for call in view.pending_approvals}
        answered = [call for call in output.tool_calls if call.call_id not in waiting]
        if not answered or not self._asker(view.task).wanted("approval.lingers"):
            return view
        return replace(view, pending_approvals=output.tool_calls)

    async def _of_all_turns(self, view: TaskView) -> TaskView:
        """Return the task with the output of all turns, or the newest message for the first."""
        task, output, asker = view.task, view.output, self._asker(view.task)
        if output is None or not task.status.is_final:
            return view
        if asker.wanted("output.all-turns"):
            answers = await self._contents(task.id, MessageRole.ASSISTANT)
            view = replace(view, output=replace(output, content="\n\n".join(answers)))
        if asker.wanted("task.newest-message"):
            questions = await self._contents(task.id, MessageRole.USER)
            view = replace(view, task=replace(task, message=questions[-1]))
        return view

    async def _contents(self, task_id: str, role: MessageRole) -> list[str]:
        return [each.content for each in await self._store.messages(task_id) if each.role is role]

    async def history(self, principal: Principal, id: str) -> History:
        """Return one task with its conversation as it is told."""
        cached = await self._cache.visible(principal, id)
        await self._restore_to_read(principal, cached)
        messages = await self._store.messages(id)
        return History(task=cached.task, messages=self._told(cached, messages))

    async def _restore_to_read(self, principal: Principal, cached: CachedTask) -> None:
        """Restore an expired session because somebody reads."""
        is_expired = cached.task.status.is_final and self._sessions.of(cached.task.id) is None
        if is_expired and self._asker(cached.task).wanted("session.restored-by-reading"):
            async with cached.lock:
                session = await self._restore(principal, cached)
                await self._cache.save(cached, replace(cached.task, session_id=session.id))
                self._sessions.rest(session)

    def _told(self, cached: CachedTask, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """Return the history with the answer in progress, or with the time of the reading."""
        task, running, asker = cached.task, cached.event_log.output, self._asker(cached.task)
        if running is not None and asker.wanted("history.in-progress"):
            unfinished = Message(
                id=self._deps.ids.of(task.project_id).message(task.id),
                role=MessageRole.ASSISTANT,
                content=running.text,
                created_at=self._now(task),
            )
            messages = (*messages, unfinished)
        if messages and asker.wanted("history.time-of-reading"):
            messages = tuple(replace(each, created_at=self._now(task)) for each in messages)
        return messages
