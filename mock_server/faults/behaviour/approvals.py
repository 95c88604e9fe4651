"""Approvals that are lost, misheard, or answered for more calls than the one."""

from collections.abc import Callable

from sigmic_conformance.mock_server.domain.event_log import EventLog
from sigmic_conformance.mock_server.domain.events import Event, ToolCallEvent
from sigmic_conformance.mock_server.domain.lifecycle import Input
from sigmic_conformance.mock_server.domain.model import Outcome, ToolCall
from sigmic_conformance.mock_server.domain.turn_output import TurnOutput
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.service.approvals import Approvals
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.task_cache import CachedTask


class FaultyApprovals(Approvals):
    """Takes an answer for another one; remembers which calls were approved."""

    def __init__(
        self,
        deps: TaskDependencies,
        cached: CachedTask,
        session: Session,
        *,
        show: Callable[[Event], None],
        asker: Asker,
    ) -> None:
        super().__init__(deps, cached, session, show=show)
        self._asker = asker
        self.approved: set[str] = set()

    async def _decide(self, call_id: str, outcome: Outcome) -> bool:
        if self._asker.wanted("approval.lost"):
            return outcome is not Outcome.CANCEL
        others = [other for other in self._open if other != call_id]
        if not others or not self._asker.wanted("approval.answers-all"):
            return await super()._decide(call_id, outcome)
        await self._move(Input.DECIDE)
        outcome = self._misheard(outcome)
        for each in (call_id, *others):
            self._answer_as(each, outcome)
        return outcome is not Outcome.CANCEL

    def _answer(self, call_id: str, outcome: Outcome) -> bool:
        return self._answer_as(call_id, self._misheard(outcome))

    def _answer_as(self, call_id: str, outcome: Outcome) -> bool:
        approved = super()._answer(call_id, outcome)
        if approved:
            self.approved.add(call_id)
        return approved

    def _misheard(self, outcome: Outcome) -> Outcome:
        wanted = self._asker.parameters("approval.outcome", outcome.value)
        return outcome if wanted is None else Outcome(wanted["as"])

    def _refuse(self, call: ToolCall) -> None:
        if self._asker.wanted("approval.cancel-executes"):
            self._show_executing(call)
        had_output = _has_output(self._cached.event_log)
        super()._refuse(call)
        if had_output and self._asker.wanted("approval.cancel-clears"):
            _clear_output(self._cached.event_log)


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
