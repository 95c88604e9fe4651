"""The actions of the agent in one turn of one task. Fulfils `mock_server.agent.turn.Turn`.

Rule: all output of the agent is redacted: its text by a redacted stream, tool output as a whole. Only then
event log, database and subscribers get it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sigmic_mock.agent.turn import (
    PLAIN,
    CallScript,
    OfferedTool,
    ToolOrder,
    ToolOutcome,
)
from sigmic_mock.domain.events import Event, RawEvent, Status, ThoughtEvent
from sigmic_mock.domain.model import Message, Thought
from sigmic_mock.domain.project_settings import ProjectSettings
from sigmic_mock.service.approvals import Approvals
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.sessions import Session
from sigmic_mock.service.task_cache import CachedTask
from sigmic_mock.service.tool_calls import ToolCalls
from sigmic_mock.service.turn_events import TurnEvents

_MOST_LATE = 0.1
"""Seconds that text may be behind its pace and catch up: a busy machine wakes the task late."""


class TurnActions:
    """The agent's turn on one message of one task."""

    def __init__(
        self, deps: TaskDependencies, cached: CachedTask, session: Session, message: Message
    ) -> None:
        self._deps = deps
        self._cached = cached
        self._session = session
        self._redactor = session.redactor
        self.message = message
        self.memory: Sequence[Message] = ()
        self.system_prompt = self._project_settings.system_prompt(cached.task.system_prompt)
        self.project_id = session.project_id
        self._due = 0.0
        """When the latest `linger` ends, on the clock's monotonic scale."""
        self.expires_session = False
        """Whether the session expires as soon as this turn is over."""
        self.events = TurnEvents(deps, cached, session.redactor)
        self.approvals = Approvals(deps, cached, session, show=self.events.show)
        self._tools = ToolCalls(deps, cached, session, events=self.events, approvals=self.approvals)

    @property
    def _project_settings(self) -> ProjectSettings:
        return self._deps.project_settings(self._session.project_id)

    async def status(self, status: str, message: str | None = None) -> None:
        await self.events.emit(self._redactor.event(Status(status, message)))

    async def think(self, subject: str, description: str) -> None:
        text = self._redactor.text
        await self.events.emit(ThoughtEvent(Thought(text(subject), text(description))))

    async def say(self, text: str) -> None:
        await self.events.say(text)

    async def emit(self, event: Event) -> None:
        await self.events.emit(self._redactor.event(event))

    async def send_raw(self, name: str, data: Mapping[str, Any]) -> None:
        await self.events.emit(RawEvent(name, self._redactor.value(data)))

    async def call_tool(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        return await self._tools.call(name, args, script)

    async def together(self, calls: Sequence[ToolOrder]) -> list[ToolOutcome]:
        return await self._tools.together(calls)

    async def run_subagent_tool(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        return await self._tools.run_for_subagent(name, args)

    async def sleep(self, seconds: float) -> None:
        self.events.release()
        await self._session.sleep(seconds)

    async def linger(self, seconds: float) -> None:
        clock = self._session.clock
        self._due = max(self._due, clock.monotonic() - _MOST_LATE) + seconds
        if clock.moves_by_itself and (left := self._due - clock.monotonic()) > 0:
            self.events.release()
            await self._session.sleep(left)

    async def tools(self) -> Sequence[OfferedTool]:
        return await self._deps.tools.offered(self._session)

    def may_delegate(self, agent_name: str) -> bool:
        return self._project_settings.subagents.may_work(agent_name)

    def expire_session(self) -> None:
        self.expires_session = True
