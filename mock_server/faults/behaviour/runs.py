"""Runs that ignore a cancellation, take it for something else, or run an approved call twice."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from weakref import WeakKeyDictionary

from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.domain.lifecycle import IllegalTransition, Input
from sigmic_conformance.mock_server.domain.model import Outcome, TaskStatus
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.approvals import NextCalls
from sigmic_conformance.mock_server.faults.behaviour.run import PATIENCE_SECONDS, FaultyRun
from sigmic_conformance.mock_server.faults.choice import FaultInjectingPart
from sigmic_conformance.mock_server.faults.engine import ALWAYS, Faults
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.run import CANCELLED, RunState
from sigmic_conformance.mock_server.service.runs import Runs
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.task_cache import CachedTask

LONG_SECONDS = 2.0
"""A run of so many seconds shows whether its message was answered before or behind it (CREATE-007)."""


class FaultyRuns(FaultInjectingPart, Runs, always={"_new_run"}):
    """Starts misbehaving runs."""

    def __init__(self, deps: TaskDependencies, *, faults: Faults) -> None:
        super().__init__(deps)
        self._faults = faults
        self._at_follow_up: WeakKeyDictionary[Session, Callable[[Acts], None]] = WeakKeyDictionary()
        self._next_calls: WeakKeyDictionary[Session, NextCalls] = WeakKeyDictionary()

    def _new_run(self, cached: CachedTask, session: Session, state: RunState) -> FaultyRun:
        return FaultyRun(
            self._faults,
            self._deps,
            cached,
            session,
            state,
            over=lambda: self._forget(cached.task.id),
            earlier=lambda: self._works_before(cached),
            at_follow_up=partial(self._at_follow_up.__setitem__, session),
            next_calls=self._next_calls.setdefault(session, {}),
        )

    def follow_up_comes(self, session: Session) -> None:
        """A message goes on with a session that has not expired: tell who asked to be told of that."""
        tell = self._at_follow_up.pop(session, None)
        if tell is not None:
            tell(ALWAYS)

    def _works_before(self, cached: CachedTask) -> "list[asyncio.Task[None]]":
        """Return the work of every run of the same project that began before the task's own."""
        works = []
        for run in self._active.values():
            if run.cached is cached:
                break
            if run.work is not None and run.cached.task.project_id == cached.task.project_id:
                works.append(run.work)
        return works

    async def finished(self, task_id: str) -> None:
        """Return once the task's run is over, or after a minute of it."""
        run = self._active.get(task_id)
        if run is not None and run.work is not None:
            await asyncio.wait({run.work}, timeout=PATIENCE_SECONDS)

    def tell_of_a_long_run(self, task_id: str, tell: Callable[[Acts], None]) -> None:
        """Call `tell` when the task's run is over, if it has lasted some seconds."""
        run = self._active.get(task_id)
        if run is None or run.work is None:
            return
        clock = self._deps.clocks.of(run.cached.task.project_id)
        began = clock.monotonic()

        def over(_work: object) -> None:
            if clock.monotonic() - began >= LONG_SECONDS:
                tell(ALWAYS)

        run.work.add_done_callback(over)

    async def decide(self, task_id: str, call_id: str, outcome: Outcome) -> bool:
        """Answer an approval request, or run an approved call once more."""
        try:
            return await super().decide(task_id, call_id, outcome)
        except ApiError:
            run = self._active.get(task_id)
            if not isinstance(run, FaultyRun) or outcome is Outcome.CANCEL:
                raise
            if not await run.turn.run_again(call_id):
                raise
            return True

    async def cancel(self, cached: CachedTask) -> None:
        """Stop the task, or do something else."""
        task = cached.task
        asker = Asker(self._faults, task.project_id, task=task.id)
        if not task.status.is_final and asker.wanted("cancel.ignored", task.status.value):
            return
        as_failure = not task.status.is_final and asker.wanted("cancel.as-failed", task.status.value)
        try:
            await self._break_off(cached, Input.CRASH if as_failure else Input.CANCEL, CANCELLED)
        except IllegalTransition:
            changed = asker.parameters("cancel.finished", cached.task.status.value)
            if changed is None:
                raise
            async with cached.lock:
                status = TaskStatus(changed["status"])
                await self._deps.cache.save(cached, replace(cached.task, status=status))
