"""The active turns: one for each message, at most one a task."""

import asyncio

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.events import Error
from sigmic_mock.domain.lifecycle import Input, next_status
from sigmic_mock.domain.model import Message, Outcome, ToolCall
from sigmic_mock.service.approvals import NOT_OPEN
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.running_turn import CANCELLED, RunningTurn
from sigmic_mock.service.sessions import Session
from sigmic_mock.service.task_cache import CachedTask

STOPPED = "The server was stopped while this task was running; send a message to continue."


class RunningTurns:
    """Starts turns, breaks them off, and knows which calls wait for an approval."""

    def __init__(self, deps: TaskDependencies) -> None:
        self._deps = deps
        self._active: dict[str, RunningTurn] = {}

    @property
    def active(self) -> int:
        """Tasks that are pending, running or awaiting an approval."""
        return len(self._active)

    def of_project(self, project_id: str) -> tuple[str, ...]:
        """Return the tasks of a project that have a turn."""
        tasks = (turn.cached.task for turn in self._active.values())
        return tuple(task.id for task in tasks if task.project_id == project_id)

    def start(self, cached: CachedTask, session: Session, message: Message) -> None:
        """Run the agent on `message`, which is saved. `cached.begin` was called: streams may be open."""
        turn = RunningTurn(self._deps, cached, session, message, over=lambda: self._forget(cached.task.id))
        self._active[cached.task.id] = turn
        turn.start()

    def _forget(self, task_id: str) -> None:
        del self._active[task_id]

    def pending_approvals(self, task_id: str) -> tuple[ToolCall, ...]:
        """Return the calls of the task that wait for an approval."""
        turn = self._active.get(task_id)
        return () if turn is None else turn.actions.approvals.pending

    async def decide(self, task_id: str, call_id: str, outcome: Outcome) -> bool:
        """Answer an approval request; True when the call may run. NOT_FOUND when none is open (G-64)."""
        turn = self._active.get(task_id)
        if turn is None:
            raise ApiError(ErrorCode.NOT_FOUND, NOT_OPEN)
        return await turn.actions.approvals.decide(call_id, outcome)

    async def cancel(self, cached: CachedTask) -> None:
        """Stop the task immediately, its processes too; raises IllegalTransition when it has finished."""
        await self._break_off(cached, Input.CANCEL, CANCELLED)

    async def stop(self) -> None:
        """End every turn, with an error in its stream: the server is going down, and no turn survives that.

        Every stream has its last frames when this returns.
        """
        error = Error(STOPPED, "SERVER_STOPPED")
        turns = tuple(self._active.values())
        await asyncio.gather(
            *(self._break_off(turn.cached, Input.CRASH, error) for turn in turns), return_exceptions=True
        )
        for turn in turns:
            await turn.cached.broadcast.delivered()

    async def _break_off(self, cached: CachedTask, input: Input, error: Error) -> None:
        async with cached.lock:
            next_status(cached.task.status, input)  # refuse before the turn is stopped
            await self._active[cached.task.id].break_off(input, error)

    async def abandon(self, project_id: str) -> None:
        """End every turn of a project whose tasks are to be removed; its streams get the reason."""
        for turn in tuple(self._active.values()):
            if turn.cached.task.project_id == project_id:
                async with turn.cached.lock:
                    if self._active.get(turn.cached.task.id) is turn:
                        turn.drop()
