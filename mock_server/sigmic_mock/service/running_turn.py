"""One turn: what one message makes the agent do, from the moment the message is saved until its answer is.

Rule: a turn ends in exactly one place, `_conclude`: its end is saved first, and then the last events, the
history and the end of every stream happen in one synchronous step.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sigmic_mock.agent.turn import TurnCancelled, TurnFailed
from sigmic_mock.domain.events import Done, Error, Event, Status
from sigmic_mock.domain.lifecycle import Input, advance
from sigmic_mock.domain.model import Message, Output, Task, TaskStatus
from sigmic_mock.runtime.failing_parts import failing_part, log_failure
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.sessions import Session
from sigmic_mock.service.task_cache import CachedTask
from sigmic_mock.service.turn_actions import TurnActions

log = logging.getLogger(__name__)

START_GRACE_SECONDS = 1.0
"""Platform time that a turn waits for a first stream before it starts without one."""
_HALT_SECONDS = 5.0
"""Real seconds that a turn has to stop after it was broken off."""
_SAVE_AGAIN_SECONDS = 5.0
RESET = "The project was reset while this task was running."
CANCELLED = Error("The task was cancelled", "CANCELLED")
_INTERNAL = Error("The agent stopped because of an internal error", "INTERNAL_ERROR")
_UNSAVED = Error("The answer could not be saved", "INTERNAL_ERROR")


def _because(usual: Error, what: str, problem: Exception) -> Error:
    """Return the error that names the part of the machine that failed; the usual one for a defect."""
    why = failing_part(problem)
    return usual if why is None else Error(f"{what}. {why}.", usual.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    """How a turn ends: the data to save, and the events that are still to be shown."""

    task: Task
    output: Output
    answer: Message | None
    events: Sequence[Event]


class RunningTurn:
    """One turn of one task. `over` is called when the turn has ended for good."""

    def __init__(
        self,
        deps: TaskDependencies,
        cached: CachedTask,
        session: Session,
        message: Message,
        *,
        over: Callable[[], None],
    ) -> None:
        self._deps = deps
        self.cached = cached
        self._session = session
        self._forget = over
        self._clock = session.clock
        self.actions = TurnActions(deps, cached, session, message)
        self.work: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Set the agent to work."""
        self.cached.broadcast.expect_readers(self._clock.expect_caller)
        self.work = self._deps.background.start(self._drive(), name=f"turn {self.cached.task.id}")

    async def break_off(self, input: Input, error: Error) -> None:
        """End it immediately with `error`, its processes too. The caller holds the task's lock."""
        await self._halt()
        await self._conclude(self._ended(input, error), error)

    def drop(self) -> None:
        """End it without saving anything; processes may outlive this call. The caller holds the lock."""
        if self.work is not None:
            self.work.cancel()
        _ = self._deps.background.start(self._halt(), name=f"drop turn {self.cached.task.id}")
        self._show((*self.actions.events.last_events(completed=False), Error(RESET, "PROJECT_RESET")))
        self._over()

    async def _drive(self) -> None:
        with self._clock.working():
            await self._play()

    async def _play(self) -> None:
        try:
            await self._deps.mcp.begin(self._session)
            await self._begin()
            self._deps.mcp.listen(self._session, self._tell)
            await self._deps.perform(self.actions)
        except TurnFailed as failed:
            text = self._session.redactor.text(failed.message)
            await self._finish(Input.FAIL, Error(text, failed.code))
        except TurnCancelled:
            await self._finish(Input.CANCEL, CANCELLED)
        except Exception as problem:  # noqa: BLE001 - it is logged, and ends the turn
            log_failure(log, problem, "a turn failed", task=self.cached.task.id)
            await self._finish(Input.FAIL, _because(_INTERNAL, "The agent stopped", problem))
        else:
            await self._finish(Input.COMPLETE, None)

    async def _begin(self) -> None:
        await self._wait_for_first_subscriber()
        if self.cached.task.status is TaskStatus.PENDING:
            await self._save_start()
        await self.actions.events.emit(Status("connecting"))
        self.actions.memory = await self._recall()
        await self.actions.events.emit(Status("processing"))

    def _tell(self, problem: str) -> None:
        """Report a problem in the stream that is not the turn's own, for example of an MCP server."""
        self.actions.events.release()
        self.actions.events.show(self._session.redactor.event(Status("processing", problem)))

    async def _wait_for_first_subscriber(self) -> None:
        """Wait for the client to open the stream, so that a quick answer does not end before it."""
        subscribed = self.cached.broadcast.first_subscriber
        timer = self._clock.call_later(
            START_GRACE_SECONDS, subscribed.set, timer="start_grace", owner=self.cached.task.id
        )
        try:
            with self._clock.waiting():
                await subscribed.wait()
        finally:
            timer.cancel()

    async def _save_start(self) -> None:
        async with self.cached.lock:
            task, now = self.cached.task, self._clock.now()
            ids = self._deps.ids.of(task.project_id)
            started = replace(
                advance(task, Input.START, now),
                session_id=self._session.id,
                conversation_id=ids.conversation(task.id, now),
            )
            await self._deps.cache.save(self.cached, started)

    async def _recall(self) -> Sequence[Message]:
        """Return the conversation before the turn's message."""
        if self.cached.stored.message_count == 1:
            return ()
        return (await self._deps.store.messages(self.cached.task.id))[:-1]

    async def _finish(self, ending: Input, error: Error | None) -> None:
        """End it because the agent's turn is over."""
        async with self.cached.lock:
            if ending is Input.COMPLETE and self.actions.approvals.pending:
                log.error("a turn ended while it asked", extra={"task": self.cached.task.id})
                ending, error = Input.FAIL, _INTERNAL
            await self._conclude(self._ended(ending, error), error)

    async def _halt(self) -> None:
        """Stop the agent and every process of its session. The session itself lives on, secrets and all."""
        if self.work is not None:
            self.work.cancel()
            await asyncio.wait({self.work}, timeout=_HALT_SECONDS)
        await self._deps.sessions.end_processes(self._session)

    def _ended(self, ending: Input, error: Error | None) -> Task:
        """Return the task after the end of the turn."""
        text = None if error is None else error.message
        return advance(self.cached.task, ending, self._clock.now(), error=text)

    async def _conclude(self, task: Task, error: Error | None) -> None:
        """Save the end of the turn, then notify all readers. The caller holds the lock."""
        end = await self._save(self._end(task, error))
        self._show(end.events)
        if end.answer is not None:
            self.cached.event_log.save(end.answer)
        self._deps.counters.runs_ended[end.task.status.value] += 1
        self._over()

    def _end(self, task: Task, error: Error | None) -> TurnEnd:
        events = self.actions.events.last_events(completed=error is None)
        output = self.actions.events.output_after(events)
        answer = None
        if error is None or not output.is_empty:
            answer = output.as_answer(self._deps.ids.of(task.project_id).message(task.id), self._clock.now())
        last: Event = error or Done(output.content)
        return TurnEnd(task=task, output=output, answer=answer, events=(*events, last))

    async def _save(self, end: TurnEnd) -> TurnEnd:
        """Save the end; return it as it came to be: a failure when it could not be saved."""
        try:
            await self._deps.cache.save(self.cached, end.task, output=end.output, message=end.answer)
        except Exception as problem:  # noqa: BLE001 - it is logged, and shown in the stream
            log_failure(log, problem, "the end of a turn was not saved", task=end.task.id)
            unsaved = _because(_UNSAVED, _UNSAVED.message, problem)
            failed = replace(end.task, status=TaskStatus.FAILED, error=unsaved.message)
            self.cached.stored = replace(self.cached.stored, task=failed, output=end.output)
            _ = self._deps.background.start(self._save_later(), name=f"end of {end.task.id}")
            return replace(end, task=failed, answer=None, events=(*end.events[:-1], unsaved))
        return end

    async def _save_later(self) -> None:
        """Bring the end of a turn that could not be saved to disk (it was full): lists are read from there.

        Until that is done, or another save was, the task stays in memory. A restart would find it running,
        and fail it as well.
        """
        unsaved = self.cached.stored
        while True:
            await self._clock.sleep(_SAVE_AGAIN_SECONDS)
            async with self.cached.lock:
                if self.cached.stored is not unsaved:
                    return
                with contextlib.suppress(Exception):  # the first failure was logged
                    await self._deps.cache.save(self.cached, unsaved.task, output=unsaved.output)
                    return

    def _show(self, events: Sequence[Event]) -> None:
        for event in events:
            self.actions.events.show(event)

    def _over(self) -> None:
        """The turn has ended for good: end its streams, start the idle time of its session."""
        self.cached.event_log.end()
        self.cached.broadcast.end()
        self.actions.approvals.drop()
        self._deps.mcp.rest(self._session)
        self._forget()
        self._deps.sessions.rest(self._session)
        if self.actions.expires_session:
            self._deps.sessions.expire(self.cached.task.id)
