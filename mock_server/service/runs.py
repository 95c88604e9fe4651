"""Runs: one for each message, from the moment it is saved until its answer is.

Rule: a run ends in exactly one place, `_conclude`: there the answer is saved first, and then the history, the
last events and the end of every stream happen in one synchronous step.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from sigmic_conformance.mock_server.agent.turn import Turn, TurnCancelled, TurnFailed
from sigmic_conformance.mock_server.domain.events import Done, Error, Event
from sigmic_conformance.mock_server.domain.lifecycle import Input, advance, next_status
from sigmic_conformance.mock_server.domain.model import (
    Message,
    MessageRole,
    Output,
    Task,
    TaskStatus,
    ToolCall,
)
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.slips import Slips
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from sigmic_conformance.mock_server.service.turn import RunningTurn
from sigmic_conformance.mock_server.service.turn_record import HeldRun, RecordedTurn
from sigmic_conformance.mock_server.service.workplace import Workplace

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 60.0
"""Real seconds that an answer waits for a run, when a fault wants it to."""
_HALT_SECONDS = 5.0
"""Real seconds that a cancelled run may take to let go."""
_SAVE_AGAIN_SECONDS = 5.0
STOPPED = "The server was stopped while this task was running; send a message to continue."
RESET = "The project was reset while this task was running."
CANCELLED = Error("The task was cancelled", "CANCELLED")
_INTERNAL = Error("The agent stopped because of an internal error", "INTERNAL_ERROR")


@dataclass(slots=True, eq=False)
class _Run:
    cached: CachedTask
    session: Session
    turn: RunningTurn
    record: RecordedTurn
    held: HeldRun | None
    """Where a restored run goes on."""
    audience_until: float | None = None
    """While it waits for its first stream: until when, on the clock's monotonic scale."""
    work: "asyncio.Task[None] | None" = None


class Runs:
    """The active runs, at most one a task. `perform` is the agent at work on a turn."""

    def __init__(self, place: Workplace, perform: Callable[[Turn], Awaitable[None]]) -> None:
        self._place = place
        self._perform = perform
        self._active: dict[str, _Run] = {}
        self._slips = Slips(place)

    @property
    def active(self) -> int:
        """Tasks that are pending, running or awaiting an approval."""
        return len(self._active)

    def turn_of(self, task_id: str) -> RunningTurn | None:
        """Return the task's running turn."""
        run = self._active.get(task_id)
        return None if run is None else run.turn

    def pending_approvals(self, task_id: str) -> tuple[ToolCall, ...]:
        """Return the calls of the task that wait for an approval."""
        turn = self.turn_of(task_id)
        return () if turn is None else turn.approvals.pending

    def hold(self, task_id: str) -> HeldRun | None:
        """Return how the task's run stands if it waits, for time or for a caller; None when it is at work."""
        run = self._active[task_id]
        catch_up = run.cached.event_log.copy_turn()
        past = run.record.past()
        grace = None
        if run.audience_until is not None:
            grace = max(0.0, run.audience_until - run.turn.clock.monotonic())
        if catch_up is None or (past is None and grace is None):
            return None
        return HeldRun(message=run.turn.message, grace=grace, past=past, catch_up=catch_up)

    def of_project(self, project_id: str) -> tuple[str, ...]:
        """Return the tasks of a project that have a run."""
        tasks = (run.cached.task for run in self._active.values())
        return tuple(task.id for task in tasks if task.project_id == project_id)

    def start(
        self, cached: CachedTask, session: Session, message: Message, held: HeldRun | None = None
    ) -> None:
        """Run the agent on `message`, which is saved. `cached.begin` was called: streams may be open.

        With `held` the run goes on where that one stood; the journal was given its catch-up instead.
        """
        turn = RunningTurn(self._place, cached, session, message)
        past = None if held is None else held.past
        if past is not None:
            turn.memory = past.memory
            turn.resume(past.held)
        run = _Run(cached, session, turn, RecordedTurn(turn, past), held)
        self._active[cached.task.id] = run
        if self._deviation(run, "session.expires-at-work") is not None:
            self._place.sessions.rest(session)
        run.work = self._place.background.start(self._drive(run), name=f"run {cached.task.id}")

    async def cancel(self, cached: CachedTask, *, as_failure: bool = False) -> None:
        """Stop the task at once, its processes too; raises IllegalTransition when it has finished.

        `as_failure` is for a fault: the task is then saved as one that failed.
        """
        await self._break_off(cached, Input.CRASH if as_failure else Input.CANCEL, CANCELLED)

    async def stop(self) -> None:
        """The server is going down: no run survives that, so each ends now and says so."""
        await asyncio.gather(
            *(
                self._break_off(run.cached, Input.CRASH, Error(STOPPED, "SERVER_STOPPED"))
                for run in tuple(self._active.values())
            ),
            return_exceptions=True,
        )

    async def abandon(self, project_id: str) -> None:
        """End every run of a project whose tasks are to be forgotten; its streams hear why.

        Nothing is saved, and processes may outlive this call: they end in the background.
        """
        for run in tuple(self._active.values()):
            if run.cached.task.project_id == project_id:
                async with run.cached.lock:
                    self._drop(run)

    def _drop(self, run: _Run) -> None:
        if self._active.get(run.cached.task.id) is not run:
            return
        if run.work is not None:
            run.work.cancel()
        _ = self._place.background.start(self._halt(run), name=f"drop run {run.cached.task.id}")
        for event in (*run.turn.last_events(completed=False), Error(RESET, "PROJECT_RESET")):
            run.turn.show(event)
        self._over(run)

    # --- the life of a run -------------------------------------------------------------------------------

    async def _drive(self, run: _Run) -> None:
        with run.turn.clock.working():
            await self._play(run)

    async def _play(self, run: _Run) -> None:
        try:
            if run.held is None or run.held.past is None:
                await self._wait_for_others(run)
                await self._begin(run)
                await self._hinder(run)
            await self._perform(run.record)
        except TurnFailed as failed:
            text = run.session.redactor.text(failed.message)
            await self._finish(run, Input.FAIL, Error(text, failed.code))
        except TurnCancelled:
            await self._finish(run, Input.CANCEL, CANCELLED)
        except Exception:
            log.exception("a run failed", extra={"task": run.cached.task.id})
            await self._finish(run, Input.FAIL, _INTERNAL)
        else:
            await self._finish(run, Input.COMPLETE, None)

    async def _begin(self, run: _Run) -> None:
        if run.held is None:
            await self._wait(run, "run.pending")
        await self._wait_for_an_audience(run)
        if run.cached.task.status is TaskStatus.PENDING:
            async with run.cached.lock:
                now, task_id = run.turn.clock.now(), run.cached.task.id
                task = replace(
                    advance(run.cached.task, Input.START, now),
                    session_id=run.session.id,
                    conversation_id=run.turn.ids.conversation(task_id, now),
                )
                await self._place.cache.save(run.cached, task)
        await run.turn.status("connecting")
        if run.cached.stored.message_count > 1 and self._deviation(run, "memory.lost") is None:
            run.turn.memory = (await self._place.store.messages(run.cached.task.id))[:-1]
        await run.turn.status("processing")

    async def _hinder(self, run: _Run) -> None:
        await self._wait(run, "run.wait")
        failure = self._deviation(run, "run.fail")
        if failure is not None:
            raise TurnFailed(failure["message"], failure["code"])

    async def _wait(self, run: _Run, decision: str) -> None:
        params = self._deviation(run, decision)
        if params is not None:
            await run.turn.sleep(float(params["seconds"]))

    def _deviation(self, run: _Run, decision: str) -> Mapping[str, Any] | None:
        task = run.cached.task
        return self._place.deviations.deviates(decision, task.project_id, task=task.id)

    async def finished(self, task_id: str) -> None:
        """Return once the task's run is over, or after a minute of it."""
        run = self._active.get(task_id)
        if run is not None and run.work is not None:
            await asyncio.wait({run.work}, timeout=_PATIENCE_SECONDS)

    async def _wait_for_others(self, run: _Run) -> None:
        """Let the project's runs that began before this one end first, when a fault has them one by one."""
        if len(self._active) == 1 or self._deviation(run, "run.one-by-one") is None:
            return
        before = takewhile(lambda each: each is not run, self._active.values())
        project = run.cached.task.project_id
        earlier = [each.work for each in before if each.cached.task.project_id == project]
        works = [work for work in earlier if work is not None]
        if works:
            with run.turn.clock.waiting():
                await asyncio.wait(works, timeout=_PATIENCE_SECONDS)

    async def _wait_for_an_audience(self, run: _Run) -> None:
        """Give the client the time to open the stream, so that a quick answer does not end before it."""
        heard, clock = run.cached.broadcast.first_subscriber, run.turn.clock
        grace = self._place.settings.start_grace
        if run.held is not None and run.held.grace is not None:
            grace = run.held.grace
        run.audience_until = clock.monotonic() + grace
        timer = clock.call_later(grace, heard.set, timer="start_grace", owner=run.cached.task.id)
        try:
            with clock.waiting():
                await heard.wait()
        finally:
            run.audience_until = None
            timer.cancel()

    async def _finish(self, run: _Run, ending: Input, error: Error | None) -> None:
        async with run.cached.lock:
            if ending is Input.COMPLETE and run.turn.approvals.pending:
                log.error("a turn ended while it asked", extra={"task": run.cached.task.id})
                ending, error = Input.FAIL, _INTERNAL
            if ending is Input.FAIL and self._slips.completes_although_failed(run.cached):
                ending = Input.COMPLETE
            text = None if error is None else error.message
            trace = self._deviation(run, "run.shows-trace") if ending is Input.FAIL else None
            text = text if trace is None else f"{text}\n{trace['text']}"
            task = advance(run.cached.task, ending, run.turn.clock.now(), error=text)
            await self._conclude(run, task, error)

    async def _break_off(self, cached: CachedTask, input: Input, error: Error) -> None:
        async with cached.lock:
            next_status(cached.task.status, input)  # refuse before anything is stopped
            run = self._active[cached.task.id]
            await self._halt(run)
            task = advance(cached.task, input, run.turn.clock.now(), error=error.message)
            await self._conclude(run, task, error)

    async def _halt(self, run: _Run) -> None:
        """Stop the agent and every process of its session. The session itself lives on, secrets and all."""
        if run.work is not None:
            run.work.cancel()
            await asyncio.wait({run.work}, timeout=_HALT_SECONDS)
        await self._place.sessions.end_processes(run.session)

    async def _conclude(self, run: _Run, task: Task, error: Error | None) -> None:
        """Save the end of the run, then let everybody know. The caller holds the lock."""
        cached, turn = run.cached, run.turn
        events = turn.last_events(completed=error is None)
        output = turn.output_after(events)
        answer = self._answer(turn, task.id, output) if error is None or _has_substance(output) else None
        if answer is not None and self._slips.loses_answer(cached):
            answer = None
        last: Event = error or Done(self._slips.final_response(cached, output.content))
        late = self._slips.saves_late(cached) if error is None else None
        if late is not None:  # a fault: everybody hears of the end before it is saved
            self._tell(run, (*events, last))
            cached.broadcast.end()
            with turn.clock.waiting():
                await turn.clock.sleep(late, timer="fault")
        try:
            await self._place.cache.save(cached, task, output=output, message=answer)
        except Exception:
            log.exception("the end of a run was not saved", extra={"task": task.id})
            answer, last = None, Error("The answer could not be saved", "INTERNAL_ERROR")
            failed = replace(task, status=TaskStatus.FAILED, error=last.message)
            cached.stored = replace(cached.stored, task=failed, output=output)
            _ = self._place.background.start(self._save_later(cached), name=f"end of {task.id}")
        if late is None:
            self._tell(run, (*events, last))
        if answer is not None:
            cached.event_log.save(answer)
        self._place.counters.runs_ended[cached.task.status.value] += 1
        self._over(run)

    def _over(self, run: _Run) -> None:
        """Nothing more comes of the run: its streams end, its session rests."""
        task_id = run.cached.task.id
        run.cached.event_log.end()
        run.cached.broadcast.end()
        run.turn.approvals.drop()
        run.turn.clean_up()
        del self._active[task_id]
        sessions = self._place.sessions
        sessions.rest(run.session)
        if run.turn.expires_session or self._deviation(run, "session.expires-early") is not None:
            sessions.expire(task_id)
        elif sessions.of(task_id) is not run.session and run.session.sandbox is not None:
            # It expired while the run was on, by a fault, and a call after that found a new sandbox.
            ending = sessions.end_processes(run.session)
            _ = self._place.background.start(ending, name=f"end processes {run.session.id}")

    def _tell(self, run: _Run, events: Sequence[Event]) -> None:
        for event in events:
            run.turn.show(event)

    async def _save_later(self, cached: CachedTask) -> None:
        """Bring the end of a run that could not be saved to disk (it was full): lists are read from there.

        Until that is done, or another save was, the task stays in memory. A restart would find it running,
        and fail it as well.
        """
        unsaved = cached.stored
        while True:
            await self._place.clocks.of(cached.stored.task.project_id).sleep(_SAVE_AGAIN_SECONDS)
            async with cached.lock:
                if cached.stored is not unsaved:
                    return
                with contextlib.suppress(Exception):  # the first failure was logged
                    await self._place.cache.save(cached, unsaved.task, output=unsaved.output)
                    return

    def _answer(self, turn: RunningTurn, task_id: str, output: Output) -> Message:
        return Message(
            id=turn.ids.message(task_id),
            role=MessageRole.ASSISTANT,
            content=output.content,
            created_at=turn.clock.now(),
            thoughts=output.thoughts,
            tool_calls=output.tool_calls,
        )


def _has_substance(output: Output) -> bool:
    return bool(output.content or output.thoughts or output.tool_calls)
