"""The open approval requests of one run (G-42, G-64..G-69)."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.events import Event, ToolCallEvent, ToolResult
from sigmic_conformance.mock_server.domain.lifecycle import Input, advance
from sigmic_conformance.mock_server.domain.model import Outcome, ToolCall, ToolStatus
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from sigmic_conformance.mock_server.service.workplace import Workplace

REFUSED = "The user refused this tool call."


class Approvals:
    """Asks and is answered. What a caller sees changes in one step: status, requests and events together."""

    def __init__(
        self,
        cached: CachedTask,
        session: Session,
        place: Workplace,
        *,
        show: Callable[[Event], None],
    ) -> None:
        self._cached = cached
        self._session = session
        self._tasks = place.cache
        self._clock = place.clocks.of(cached.task.project_id)
        self._deviations = place.deviations
        self._tools = place.tools
        self._show = show
        self._open: dict[str, tuple[ToolCall, asyncio.Future[bool]]] = {}

    @property
    def pending(self) -> tuple[ToolCall, ...]:
        """The calls that wait for an answer, in the order they asked."""
        return tuple(call for call, _ in self._open.values())

    async def ask(self, call: ToolCall) -> "asyncio.Future[bool]":
        """Ask for `call`; the future tells whether it may go on."""
        async with self._cached.lock:
            await self._move(Input.ASK)
            answer = asyncio.get_running_loop().create_future()
            self._open[call.call_id] = (call, answer)
            self._show(ToolCallEvent(call.call_id, call.tool_name, ToolStatus.AWAITING_APPROVAL, call.args))
            return answer

    def reopen(self, call: ToolCall) -> "asyncio.Future[bool]":
        """Wait again for the answer to a call that asked before: status and events are as they were."""
        answer = asyncio.get_running_loop().create_future()
        self._open[call.call_id] = (call, answer)
        return answer

    async def decide(self, call_id: str, outcome: Outcome) -> bool:
        """Answer a request; True when the call may go on. Raises NOT_FOUND when it is not open (G-64)."""
        async with self._cached.lock:
            if call_id not in self._open:
                raise ApiError(ErrorCode.NOT_FOUND, "No approval is open for this tool call")
            if self._deviates("approval.lost") is not None:
                return outcome is not Outcome.CANCEL
            others = [other for other in self._open if other != call_id]
            if not others or self._deviates("approval.answers-all") is None:
                return await self._settle([call_id], outcome)
            return await self._settle([call_id, *others], outcome)

    async def _settle(self, calls: Sequence[str], outcome: Outcome) -> bool:
        """Give open calls their answer: one, unless a fault has it count for all that wait."""
        if len(self._open) == len(calls):
            await self._move(Input.DECIDE)
        outcome = self._heard(outcome)
        approved = outcome is not Outcome.CANCEL
        for call, answer in [self._open.pop(call_id) for call_id in calls]:
            if outcome is Outcome.PROCEED_ALWAYS:
                self._session.always_allowed.update(self._covered(call))
            if approved:
                self._show_executing(call)
            else:
                self._refuse(call)
            if not answer.done():
                answer.set_result(approved)
        return approved

    def _show_executing(self, call: ToolCall) -> None:
        self._show(ToolCallEvent(call.call_id, call.tool_name, ToolStatus.EXECUTING, call.args))

    def _refuse(self, call: ToolCall) -> None:
        if self._deviates("approval.cancel-executes") is not None:
            self._show_executing(call)
        self._show(ToolResult(call.call_id, ToolStatus.CANCELLED, REFUSED))
        output = self._cached.event_log.output
        if output is not None and self._deviates("approval.cancel-clears") is not None:
            output.clear()

    def _covered(self, call: ToolCall) -> Iterable[str]:
        """Return the tools that `proceed_always` covers: the call's own, or all when a fault wants it."""
        return {call.tool_name} if self._deviates("approval.always-all") is None else self._tools.keys()

    def _heard(self, outcome: Outcome) -> Outcome:
        heard = self._deviates("approval.outcome", outcome.value)
        return outcome if heard is None else Outcome(heard["as"])

    def _deviates(self, decision: str, code: str | None = None) -> Mapping[str, Any] | None:
        task = self._cached.task
        return self._deviations.deviates(decision, task.project_id, task=task.id, code=code)

    def drop(self) -> None:
        """The run is over: nothing is open any more."""
        self._open.clear()

    async def _move(self, input: Input) -> None:
        await self._tasks.save(self._cached, advance(self._cached.task, input, self._clock.now()))
