"""The tool calls of one turn: whether they may run, their events, and their outcomes."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any, TypeVar

from sigmic_mock.agent.turn import PLAIN, CallScript, ToolOrder, ToolOutcome
from sigmic_mock.domain.errors import ApiError
from sigmic_mock.domain.events import ToolCallEvent, ToolResult
from sigmic_mock.domain.model import Outcome, ToolCall, ToolStatus
from sigmic_mock.domain.policy import Policy, decide
from sigmic_mock.ports import Clock
from sigmic_mock.service.approvals import REFUSED, Approvals
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.sessions import Session
from sigmic_mock.service.task_cache import CachedTask
from sigmic_mock.service.turn_events import TurnEvents

T = TypeVar("T")

_APPROVAL_SECONDS = 24 * 3600.0
"""Platform time that an approval stays open before it counts as refused."""
_DENIED = ToolOutcome(ToolStatus.ERROR, "The project's policy does not allow this tool.")


class ToolCalls:
    """Calls tools for the agent. Arguments and output are redacted before they are shown."""

    def __init__(
        self,
        deps: TaskDependencies,
        cached: CachedTask,
        session: Session,
        *,
        events: TurnEvents,
        approvals: Approvals,
    ) -> None:
        self._deps = deps
        self._cached = cached
        self._session = session
        self._events = events
        self._approvals = approvals

    async def call(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        """Show the call, wait for an approval when one is needed, run the tool and show its result."""
        self._events.release()
        name = await self._deps.tools.full_name(self._session, name)
        call = ToolCall(
            call_id=self._deps.ids.of(self._session.project_id).call(self._session.task_id),
            tool_name=self._session.redactor.text(name),
            status=ToolStatus.EXECUTING,
            args=self._session.redactor.value(args),
        )
        policy = self._policy(name)
        if policy is Policy.ALLOW and script.ask and name not in self._session.always_allowed:
            policy = Policy.ASK
        if policy is Policy.ASK:
            answer = await self._approvals.ask(call)
            if not await self._answered(call, answer):
                return self._refused()
        else:
            self._events.show(ToolCallEvent(call.call_id, call.tool_name, call.status, call.args))
        outcome = _DENIED if policy is Policy.DENY else await self._outcome(name, args, script)
        return await self._ended(call.call_id, outcome)

    async def together(self, calls: Sequence[ToolOrder]) -> list[ToolOutcome]:
        """Do several calls at the same time; return their outcomes in order."""
        return await run_concurrently(self._session.clock, [self.call(*call) for call in calls])

    async def run_for_subagent(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        """Run a tool for a subagent: without events and without approval."""
        self._events.release()
        name = await self._deps.tools.full_name(self._session, name)
        if self._policy(name) is Policy.DENY:
            return _DENIED
        return await self._deps.tools.run(self._session, name, args)

    def _policy(self, tool_name: str) -> Policy:
        return decide(
            tool_name,
            auto_execute=self._cached.task.auto_execute,
            rules=self._deps.project_settings(self._session.project_id).rules,
            always_allowed=self._session.always_allowed,
        )

    async def _answered(self, call: ToolCall, answer: "asyncio.Future[bool]") -> bool:
        """Wait for the answer to an approval request; True when the call may run."""

        def give_up() -> None:
            _ = self._deps.background.start(self._give_up(call), name=f"abandon {call.call_id}")

        clock, task_id = self._session.clock, self._session.task_id
        deadline = clock.call_later(_APPROVAL_SECONDS, give_up, timer="approval_deadline", owner=task_id)
        try:
            await self._events.save()
            with clock.waiting(on_caller=True):
                return await answer
        finally:
            deadline.cancel()

    async def _give_up(self, call: ToolCall) -> None:
        with self._session.clock.working(), suppress(ApiError):  # it was answered in the meantime
            await self._approvals.decide(call.call_id, Outcome.CANCEL)

    def _refused(self) -> ToolOutcome:
        self._deps.counters.tool_calls[ToolStatus.CANCELLED.value] += 1
        return ToolOutcome(ToolStatus.CANCELLED, REFUSED)

    async def _outcome(self, name: str, args: Mapping[str, Any], script: CallScript) -> ToolOutcome:
        """Run the tool, or return the scripted outcome."""
        if script.seconds:
            self._events.release()
            await self._session.sleep(script.seconds)
        if script.result is None:
            return await self._deps.tools.run(self._session, name, args)
        return ToolOutcome(script.result.status, self._session.redactor.text(script.result.output))

    async def _ended(self, call_id: str, outcome: ToolOutcome) -> ToolOutcome:
        self._deps.counters.tool_calls[outcome.status.value] += 1
        await self._events.emit(ToolResult(call_id, outcome.status, outcome.output))
        await self._events.save()
        return outcome


async def run_concurrently(clock: Clock, works: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results in order; the first failure ends the others and is raised.

    The caller counts as one piece of work already; each additional one is counted as long as it lasts, so
    that one that waits does not hide from the clock that another runs.
    """
    with ExitStack() as everything:
        shares = [everything.enter_context(ExitStack()) for _ in works[1:]]
        for share in shares:
            share.enter_context(clock.working())

        async def one(work: Coroutine[Any, Any, T]) -> T:
            try:
                return await work
            finally:
                if shares:
                    shares.pop().close()

        try:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(one(work)) for work in works]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
    return [each.result() for each in running]
