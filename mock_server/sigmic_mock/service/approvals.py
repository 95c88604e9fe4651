"""The open approval requests of one turn (G-42, G-64..G-69)."""

import asyncio
from collections.abc import Callable

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.events import Event, ToolCallEvent, ToolResult
from sigmic_mock.domain.lifecycle import Input, advance
from sigmic_mock.domain.model import Outcome, ToolCall, ToolStatus
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.sessions import Session
from sigmic_mock.service.task_cache import CachedTask

NOT_OPEN = "No approval is open for this tool call"
REFUSED = "The user refused this tool call."


class Approvals:
    """Asks for approvals and processes the answers. Status, requests and events change in one step."""

    def __init__(
        self, deps: TaskDependencies, cached: CachedTask, session: Session, *, show: Callable[[Event], None]
    ) -> None:
        self._deps = deps
        self._cached = cached
        self._session = session
        self._show = show
        self._open: dict[str, tuple[ToolCall, asyncio.Future[bool]]] = {}

    @property
    def pending(self) -> tuple[ToolCall, ...]:
        """The calls that wait for an answer, in the order they asked."""
        return tuple(call for call, _ in self._open.values())

    async def ask(self, call: ToolCall) -> "asyncio.Future[bool]":
        """Ask for `call`; the result of the future is True when it may run."""
        async with self._cached.lock:
            await self._move(Input.ASK)
            answer = asyncio.get_running_loop().create_future()
            self._open[call.call_id] = (call, answer)
            self._show(ToolCallEvent(call.call_id, call.tool_name, ToolStatus.AWAITING_APPROVAL, call.args))
            return answer

    async def decide(self, call_id: str, outcome: Outcome) -> bool:
        """Answer a request; True when the call may run. Raises NOT_FOUND when it is not open (G-64)."""
        async with self._cached.lock:
            if call_id not in self._open:
                raise ApiError(ErrorCode.NOT_FOUND, NOT_OPEN)
            if len(self._open) == 1:
                await self._move(Input.DECIDE)
            return self._answer(call_id, outcome)

    def drop(self) -> None:
        """Drop the open requests: the turn is over."""
        self._open.clear()

    def _answer(self, call_id: str, outcome: Outcome) -> bool:
        call, answer = self._open.pop(call_id)
        now = self._session.clock.now()
        self._deps.timelines.note(
            self._session.task_id, now, "approval_decided", call=call_id, outcome=outcome.value
        )
        approved = outcome is not Outcome.CANCEL
        if outcome is Outcome.PROCEED_ALWAYS:
            self._session.always_allowed.add(call.tool_name)  # G-66
        if approved:
            self._show(ToolCallEvent(call.call_id, call.tool_name, ToolStatus.EXECUTING, call.args))
        else:
            self._show(ToolResult(call.call_id, ToolStatus.CANCELLED, REFUSED))
        if not answer.done():
            answer.set_result(approved)
        return approved

    async def _move(self, input: Input) -> None:
        now = self._session.clock.now()
        await self._deps.cache.save(self._cached, advance(self._cached.task, input, now))
