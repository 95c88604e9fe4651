"""Turns whose words, approvals and tool calls go wrong, and that arm faults for their own task."""

from collections.abc import Callable, Mapping
from typing import Any

from sigmic_conformance.mock_server.agent.turn import CallScript, ToolOutcome, TurnFailed
from sigmic_conformance.mock_server.domain.events import Content, Event, ToolResult
from sigmic_conformance.mock_server.domain.mcp_servers import PREFIX
from sigmic_conformance.mock_server.domain.model import Message, ToolCall
from sigmic_conformance.mock_server.domain.policy import Policy
from sigmic_conformance.mock_server.domain.redaction import Redactor
from sigmic_conformance.mock_server.domain.sse import encode
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.approvals import FaultyApprovals, NextCalls
from sigmic_conformance.mock_server.faults.choice import FaultInjectingWork
from sigmic_conformance.mock_server.faults.engine import ALWAYS, Faults
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from sigmic_conformance.mock_server.service.broadcast import Broadcast
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from sigmic_conformance.mock_server.service.tool_calls import ToolCalls
from sigmic_conformance.mock_server.service.turn import RunningTurn, TurnState
from sigmic_conformance.mock_server.service.turn_events import TextState, TurnEvents
from sigmic_conformance.mock_server.service.turn_waits import TurnWaits

SEVERAL = 2
_SIMPLE = "the capital of france"
"""What the documented question asks for."""


class FaultyTurnEvents(FaultInjectingWork, TurnEvents):
    """Says other words, or repeats them all in every piece."""

    def __init__(
        self,
        deps: TaskDependencies,
        cached: CachedTask,
        redactor: Redactor,
        state: TextState | None,
        *,
        asker: Asker,
        asked: str,
    ) -> None:
        self._asker = asker
        super().__init__(deps, cached, redactor, state)
        self._asked = asked
        self._tell: Callable[[Acts], None] | None = None
        self._repeats_text = False
        if asker.may_act:
            self._tell = asker.rehearsed("content.cumulative")
            self._repeats_text = asker.parameters_unrehearsed("content.cumulative") is not None
        self._heard = 0
        """How many pieces of the answer somebody has heard: one alone is the same either way."""

    async def say(self, text: str) -> None:
        kind = "simple" if _SIMPLE in self._asked.lower() else "other"
        await super().say("I do not know. " if self._asker.wanted("agent.says-otherwise", kind) else text)

    def _append(self, event: Event, now: int) -> bytes:
        frame = super()._append(event, now)
        if isinstance(event, Content) and self._cached.broadcast.subscriber_count:
            self._heard += 1
            if self._heard == SEVERAL and self._tell is not None:
                self._tell(ALWAYS)
        if self._repeats_text and isinstance(event, Content):
            return encode(Content(self.output.text, event.is_partial))
        return frame


class FaultyToolCalls(FaultInjectingWork, ToolCalls):
    """Asks where nobody is to be asked and the reverse, and runs approved calls again."""

    def __init__(
        self,
        deps: TaskDependencies,
        cached: CachedTask,
        session: Session,
        *,
        events: TurnEvents,
        waits: TurnWaits,
        approvals: FaultyApprovals,
        asker: Asker,
    ) -> None:
        self._asker = asker
        super().__init__(deps, cached, session, events=events, waits=waits, approvals=approvals)
        self._approved = approvals.approved
        self._tell_of_next_call = approvals.tell_of_next_call
        self._made: dict[str, tuple[str, Mapping[str, Any]]] = {}
        """Name and arguments of every call that ran, by its id."""

    def _policy(self, tool_name: str) -> Policy:
        policy = super()._policy(tool_name)
        self._tell_of_next_call(tool_name)
        if policy is Policy.DENY and self._asker.wanted("policy.deny-ignored", tool_name):
            return Policy.ALLOW
        is_another = policy is Policy.ASK and self._session.always_allowed
        if is_another and self._asker.wanted("approval.always-all"):
            return Policy.ALLOW
        if policy is Policy.ASK and self._asker.wanted("approval.ignored", tool_name):
            return Policy.ALLOW
        mode = "automatic" if self._cached.task.auto_execute else "asking"
        is_mcp = tool_name.startswith(PREFIX)
        if policy is Policy.ASK and is_mcp and self._asker.wanted("mcp.approval-ignored", mode):
            return Policy.ALLOW
        if policy is Policy.ALLOW and self._asker.wanted("approval.unasked", mode):
            return Policy.ASK
        return policy

    def _refused(self) -> ToolOutcome:
        outcome = super()._refused()
        if self._asker.wanted("approval.cancel-fails"):
            raise TurnFailed("A tool call was refused", "TOOL_REFUSED")
        return outcome

    async def _outcome(
        self, call: ToolCall, name: str, args: Mapping[str, Any], script: CallScript
    ) -> ToolOutcome:
        self._made[call.call_id] = (name, args)
        return await super()._outcome(call, name, args, script)

    async def run_again(self, call_id: str) -> bool:
        """Run an approved call once more, when a fault wants a second approval to do so."""
        made = self._made.get(call_id) if call_id in self._approved else None
        if made is None or not self._asker.wanted("approval.runs-twice"):
            return False
        outcome = await self._deps.tools.run(self._session, *made)
        await self._events.emit(ToolResult(call_id, outcome.status, outcome.output))
        return True


class FaultyTurn(
    FaultInjectingWork, RunningTurn, always={"_new_events", "_new_approvals", "_new_tool_calls"}
):
    """A turn that is put together from misbehaving parts."""

    approvals: FaultyApprovals
    _tools: FaultyToolCalls

    def __init__(
        self,
        faults: Faults,
        deps: TaskDependencies,
        cached: CachedTask,
        session: Session,
        message: Message,
        state: TurnState | None,
        next_calls: NextCalls,
    ) -> None:
        self._faults = faults
        self._next_calls = next_calls
        self._asker = Asker(faults, session.project_id, task=session.task_id)
        self._armed: list[Callable[[], None]] = []
        super().__init__(deps, cached, session, message, state)

    def _new_events(self, text: TextState | None) -> TurnEvents:
        return FaultyTurnEvents(
            self._deps, self._cached, self._redactor, text, asker=self._asker, asked=self.message.content
        )

    def _new_approvals(self) -> FaultyApprovals:
        return FaultyApprovals(
            self._deps,
            self._cached,
            self._session,
            show=self.events.show,
            asker=self._asker,
            next_calls=self._next_calls,
        )

    def _new_tool_calls(self) -> FaultyToolCalls:
        return FaultyToolCalls(
            self._deps,
            self._cached,
            self._session,
            events=self.events,
            waits=self.waits,
            approvals=self.approvals,
            asker=self._asker,
        )

    async def arm_fault(self, fault: str, values: Mapping[str, Any], *, stay: bool) -> None:
        """Arm a fault for this task alone, until its turn is over unless it is to stay."""
        with self._record.call("arm_fault", fault, values, stay) as is_past:
            if not is_past:
                await self._arm(fault, values, stay=stay)

    async def _arm(self, fault: str, values: Mapping[str, Any], *, stay: bool) -> None:
        self.events.release()
        await self._cached.broadcast.delivered()
        try:
            disarm = self._faults.arm_for_task(
                fault, values, project=self._session.project_id, task=self._session.task_id
            )
        except ValueError as problem:
            raise TurnFailed(
                f"The playbook asks for a fault that cannot be armed: {problem}", "BAD_FAULT"
            ) from None
        if not stay:
            self._armed.append(disarm)

    def capture(self) -> TurnState | None:
        """Return how the turn stands; None also while it has armed a fault, which no snapshot keeps."""
        return None if self._armed else super().capture()

    async def run_again(self, call_id: str) -> bool:
        """Run an approved call once more, when a fault wants it."""
        return await self._tools.run_again(call_id)

    def disarm(self) -> None:
        """The turn is over: what it armed ends, once everybody was given the last event."""
        if self._armed:
            work = self._disarm_after(self._cached.broadcast)
            _ = self._deps.background.start(work, name=f"disarm {self._session.task_id}")

    async def _disarm_after(self, broadcast: Broadcast) -> None:
        await broadcast.delivered()
        while self._armed:
            self._armed.pop()()
