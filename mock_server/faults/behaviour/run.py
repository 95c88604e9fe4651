"""Runs that start late, fail for no reason, or end otherwise than they say."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sigmic_conformance.mock_server.agent.recall import CODEWORD
from sigmic_conformance.mock_server.agent.turn import TurnFailed
from sigmic_conformance.mock_server.domain.events import Done, Error
from sigmic_conformance.mock_server.domain.lifecycle import Input
from sigmic_conformance.mock_server.domain.model import Message, Task
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.approvals import NextCalls
from sigmic_conformance.mock_server.faults.behaviour.turn import FaultyTurn
from sigmic_conformance.mock_server.faults.choice import FaultInjectingWork, run_for
from sigmic_conformance.mock_server.faults.engine import ALWAYS, Faults
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from sigmic_conformance.mock_server.faults.request_in_hand import go_on_in_run
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.run import Run, RunEnd, RunState
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.task_cache import CachedTask

_CODEWORD = re.compile(CODEWORD, re.IGNORECASE)
_SPEAKS_OF_BEFORE = re.compile(r"\b(?:i|you) (?:told|said|asked)\b|\bwhat is my\b", re.IGNORECASE)
PATIENCE_SECONDS = 60.0
"""Real seconds that one thing waits for a run at most."""


def asks_for_memory(text: str) -> bool:
    """Return whether the answer to a message depends on what was said before it."""
    if _SPEAKS_OF_BEFORE.search(text) is not None:
        return True
    return any(
        question and _CODEWORD.search(sentence) is not None
        for part in text.split(".")
        for sentence, question, _ in [part.rpartition("?")]
    )


class FaultyRun(FaultInjectingWork, Run, always={"_new_turn", "_drive"}):
    """A run that may wait for `earlier` ones, lose what it knew or answered, and end early."""

    turn: FaultyTurn

    def __init__(  # noqa: PLR0913 - a fault's own seams
        self,
        faults: Faults,
        deps: TaskDependencies,
        cached: CachedTask,
        session: Session,
        state: RunState,
        *,
        over: Callable[[], None],
        earlier: Callable[[], Sequence["asyncio.Task[None]"]],
        at_follow_up: Callable[[Callable[[Acts], None]], None],
        next_calls: NextCalls,
    ) -> None:
        self._faults = faults
        self._at_follow_up = at_follow_up
        self._next_calls = next_calls
        self._asker = Asker(faults, session.project_id, task=session.task_id)
        self._began = 0.0
        self._tell_of_long_work: Callable[[Acts], None] = lambda _acts: None
        self._earlier = earlier
        super().__init__(deps, cached, session, state, over=over)

    def _new_turn(self) -> FaultyTurn:
        return FaultyTurn(
            self._faults,
            self._deps,
            self.cached,
            self._session,
            self._state.message,
            self._state.turn,
            self._next_calls,
        )

    def start(self) -> None:
        """Set the agent to work; the session's idle time may begin at once, if it is over before the work."""
        expires = "session.expires-at-work"
        if not self._asker.is_idle(expires):
            self._tell_of_long_work = self._asker.rehearsed(expires)
            if self._asker.parameters_unrehearsed(expires) is not None:
                self._deps.sessions.rest(self._session)
        self._began = self._clock.monotonic()
        super().start()

    def _expires_early(self) -> bool:
        """Whether the session ends with the run: who goes on with it in its time will know."""
        later = list[Callable[[Acts], None]]()
        wanted = self._asker.wanted_for_later("session.expires-early", later)
        for tell in later:
            self._at_follow_up(tell)
        return wanted

    async def _drive(self) -> None:
        run_for(self._session.project_id)
        go_on_in_run()
        await super()._drive()

    async def _begin(self) -> None:
        await self._wait_for_earlier_runs()
        if self._state.grace is None:
            await self._sleep("run.pending")
        await super()._begin()
        await self._sleep("run.wait")
        failure = self._asker.parameters("run.fail")
        if failure is not None:
            raise TurnFailed(failure["message"], failure["code"])

    async def _wait_for_earlier_runs(self) -> None:
        if self._asker.is_idle("run.one-by-one"):
            return
        earlier = self._earlier()
        if earlier and self._asker.wanted("run.one-by-one"):
            with self._clock.waiting():
                await asyncio.wait(earlier, timeout=PATIENCE_SECONDS)

    async def _sleep(self, decision: str) -> None:
        wanted = self._asker.parameters(decision)
        if wanted is not None:
            await self.turn.waits.sleep(float(wanted["seconds"]))

    async def _recall(self) -> Sequence[Message]:
        is_follow_up = self.cached.stored.message_count > 1
        text = self._state.message.content
        if (
            is_follow_up
            and self._asker.parameters("memory.lost", acts=lambda _: asks_for_memory(text)) is not None
        ):
            return ()
        return await super()._recall()

    def _ended(self, ending: Input, error: Error | None) -> Task:
        if ending is Input.FAIL and self._asker.wanted("run.failed-as-completed"):
            return super()._ended(Input.COMPLETE, error)
        task = super()._ended(ending, error)
        trace = self._asker.parameters("run.shows-trace") if ending is Input.FAIL else None
        return task if trace is None else replace(task, error=f"{task.error}\n{trace['text']}")

    def _end(self, task: Task, error: Error | None) -> RunEnd:
        end = super()._end(task, error)
        turn = "first" if self.cached.stored.message_count == 1 else "follow-up"
        if end.answer is not None and error is None and self._asker.wanted("run.unsaved-answer", turn):
            end = replace(end, answer=None)
        other = None if error is not None else self._other_response()
        if other is not None:
            end = replace(end, events=(*end.events[:-1], Done(str(other["text"]))))
        return end

    def _other_response(self) -> Mapping[str, Any] | None:
        """What `done` is to say instead; whoever does not hear it is told it nowhere else."""
        is_heard = self.cached.broadcast.subscriber_count > 0
        return self._asker.parameters("run.final-response", acts=lambda _: is_heard)

    async def _save(self, end: RunEnd) -> RunEnd:
        is_done = isinstance(end.events[-1], Done)
        late = self._asker.parameters("run.saved-late") if is_done else None
        if late is None:
            return await super()._save(end)
        self._show(end.events)
        self.cached.broadcast.end()
        with self._clock.waiting():
            await self._clock.sleep(float(late["seconds"]), timer="fault")
        return replace(await super()._save(end), events=())

    def _over(self) -> None:
        super()._over()
        self.turn.disarm()
        if self._clock.monotonic() - self._began >= self._deps.sessions.idle_seconds:
            self._tell_of_long_work(ALWAYS)
        sessions, task_id = self._deps.sessions, self.cached.task.id
        if not self.turn.expires_session and self._expires_early():
            sessions.expire(task_id)
        elif sessions.of(task_id) is not self._session and self._session.sandbox is not None:
            # It expired while the run was on, and a call after that found a new sandbox.
            ending = sessions.end_processes(self._session)
            _ = self._deps.background.start(ending, name=f"end processes {self._session.id}")
