"""Approvals that are lost, misheard, or answered for more calls than the one."""

from collections.abc import Callable

from sigmic_conformance.mock_server.domain.event_log import EventLog
from sigmic_conformance.mock_server.domain.events import Event, ToolCallEvent
from sigmic_conformance.mock_server.domain.lifecycle import Input
from sigmic_conformance.mock_server.domain.model import Outcome, ToolCall
from sigmic_conformance.mock_server.domain.turn_output import TurnOutput
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.choice import FaultInjectingWork
from sigmic_conformance.mock_server.faults.engine import ALWAYS
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from sigmic_conformance.mock_server.faults.spec import FaultSpec
from sigmic_conformance.mock_server.service.approvals import Approvals
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.task_cache import CachedTask

NextCalls = dict[str, list[Callable[[Acts], None]]]
"""By tool whom to tell when it is called again in a session: it shows then for how long an answer holds."""


class FaultyApprovals(FaultInjectingWork, Approvals):
    """Takes an answer for another one; remembers which calls were approved."""

    def __init__(
        self,
        deps: TaskDependencies,
        cached: CachedTask,
        session: Session,
        *,
        show: Callable[[Event], None],
        asker: Asker,
        next_calls: NextCalls,
    ) -> None:
        self._asker = asker
        super().__init__(deps, cached, session, show=show)
        self._next_calls = next_calls
        self.approved: set[str] = set()

    def tell_of_next_call(self, tool_name: str) -> None:
        """A tool is about to be called, maybe for another time in the session."""
        for tell in self._next_calls.pop(tool_name, ()):
            tell(ALWAYS)

    async def _decide(self, call_id: str, outcome: Outcome) -> bool:
        if self._asker.wanted("approval.lost"):
            return outcome is not Outcome.CANCEL
        others = [other for other in self._open if other != call_id]
        if not others or not self._asker.wanted("approval.answers-all"):
            return await super()._decide(call_id, outcome)
        await self._move(Input.DECIDE)
        outcome = self._misheard(call_id, outcome)
        for each in (call_id, *others):
            self._answer_as(each, outcome)
        return outcome is not Outcome.CANCEL

    def _answer(self, call_id: str, outcome: Outcome) -> bool:
        return self._answer_as(call_id, self._misheard(call_id, outcome))

    def _answer_as(self, call_id: str, outcome: Outcome) -> bool:
        approved = super()._answer(call_id, outcome)
        if approved:
            self.approved.add(call_id)
        return approved

    def _misheard(self, call_id: str, outcome: Outcome) -> Outcome:
        if self._asker.is_idle("approval.outcome"):
            return outcome
        tell = self._asker.rehearsed("approval.outcome", outcome.value)
        tell(lambda spec: _lets(outcome) != _lets(_heard_as(spec)))
        call, _ = self._open[call_id]
        self._next_calls.setdefault(call.tool_name, []).append(tell)
        wanted = self._asker.parameters_unrehearsed("approval.outcome", outcome.value)
        return outcome if wanted is None else Outcome(wanted["as"])

    def _refuse(self, call: ToolCall) -> None:
        if self._asker.wanted("approval.cancel-executes"):
            self._show_executing(call)
        had_output = _has_output(self._cached.event_log)
        super()._refuse(call)
        if had_output and self._asker.wanted("approval.cancel-clears"):
            _clear_output(self._cached.event_log)


def _heard_as(spec: FaultSpec) -> Outcome:
    return Outcome(spec.params["as"])


def _lets(outcome: Outcome) -> bool:
    """Return whether an answer lets its own call run: what it says of others shows at the next one."""
    return outcome is not Outcome.CANCEL


def _has_output(log: EventLog) -> bool:
    """Return whether the turn has said something, or ended a call: what a client would miss."""
    turn = log.copy_turn()
    if turn is None:
        return False
    return turn.output.has_text or len(turn.output.snapshot().tool_calls) > len(turn.output.open_calls)


def _clear_output(log: EventLog) -> None:
    """Lose the text, the thoughts and every call that has ended."""
    turn = log.copy_turn()
    if turn is None:
        return
    now = turn.output.snapshot().updated_at
    cleared = TurnOutput(now)
    for call in turn.output.open_calls:
        cleared.add(ToolCallEvent(call.call_id, call.tool_name, call.status, call.args), now)
    turn.output = cleared
    log.resume(turn)
