"""The actions of the agent in one run of one task. Fulfils `mock_server.agent.turn.Turn`.

Rule: all output of the agent is redacted: its text by a redacted stream, tool output as a whole. Only then
event log, database and subscribers get it.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sigmic_conformance.mock_server.agent.turn import (
    PLAIN,
    CallScript,
    OfferedTool,
    ToolOrder,
    ToolOutcome,
)
from sigmic_conformance.mock_server.domain.events import Event, RawEvent, Status, ThoughtEvent
from sigmic_conformance.mock_server.domain.model import Message, Thought, ToolStatus
from sigmic_conformance.mock_server.domain.project_settings import ProjectSettings
from sigmic_conformance.mock_server.service.approvals import Approvals
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from sigmic_conformance.mock_server.service.tool_calls import ToolCalls
from sigmic_conformance.mock_server.service.turn_events import TextState, TurnEvents
from sigmic_conformance.mock_server.service.turn_record import RecordedCalls, TurnRecord
from sigmic_conformance.mock_server.service.turn_waits import TurnWaits, WaitState

_MOST_LATE = 0.1
"""Seconds that text may be behind its pace and catch up: a busy machine wakes the task late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnState:
    """A turn at a moment in which it waits. `project_id` is its first project: its playbooks may be used."""

    project_id: str
    memory: Sequence[Message]
    calls: RecordedCalls
    wait: WaitState
    text: TextState
    expires_session: bool


class RunningTurn:
    """The agent's turn on one message of one task, from its beginning or from a captured state."""

    def __init__(
        self,
        deps: TaskDependencies,
        cached: CachedTask,
        session: Session,
        message: Message,
        state: TurnState | None = None,
    ) -> None:
        self._deps = deps
        self._cached = cached
        self._session = session
        self._redactor = session.redactor
        self._wait = None if state is None else state.wait
        """The wait in which a captured turn continues."""
        self._record = TurnRecord(None if state is None else state.calls)
        self.message = message
        self.memory: Sequence[Message] = () if state is None else state.memory
        self.system_prompt = self._project_settings.system_prompt(cached.task.system_prompt)
        self.project_id = session.project_id if state is None else state.project_id
        self._due = 0.0
        """When the latest `linger` ends, on the clock's monotonic scale."""
        self.expires_session = state is not None and state.expires_session
        """Whether the session expires as soon as this turn is over."""
        text = None if state is None else state.text
        self.events = TurnEvents(deps, cached, session.redactor, text)
        self.waits = TurnWaits(session.clock, session.task_id)
        self.approvals = Approvals(deps, cached, session, show=self.events.show)
        self._tools = ToolCalls(
            deps, cached, session, events=self.events, waits=self.waits, approvals=self.approvals
        )

    @property
    def _project_settings(self) -> ProjectSettings:
        return self._deps.project_settings(self._session.project_id)

    async def status(self, status: str, message: str | None = None) -> None:
        with self._record.call("status", status, message) as is_past:
            if not is_past:
                await self.events.emit(self._redactor.event(Status(status, message)))

    async def think(self, subject: str, description: str) -> None:
        with self._record.call("think", subject, description) as is_past:
            if not is_past:
                text = self._redactor.text
                await self.events.emit(ThoughtEvent(Thought(text(subject), text(description))))

    async def say(self, text: str) -> None:
        with self._record.call("say", text) as is_past:
            if not is_past:
                await self.events.say(text)

    async def emit(self, event: Event) -> None:
        with self._record.call("emit", event) as is_past:
            if not is_past:
                await self.events.emit(self._redactor.event(event))

    async def send_raw(self, name: str, data: Mapping[str, Any]) -> None:
        with self._record.call("send_raw", name, data) as is_past:
            if not is_past:
                await self.events.emit(RawEvent(name, self._redactor.value(data)))

    async def call_tool(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        with self._record.call("call_tool", name, args, script) as is_past:
            if is_past:
                return self._record.outcome()
            wait = self._wait if self._record.take_up() else None
            if wait is None or wait.call is None:
                outcome = await self._tools.call(name, args, script)
            else:
                outcome = await self._tools.resume(wait, name, args, script)
            self._record.note(outcome)
            return outcome

    async def together(self, calls: Sequence[ToolOrder]) -> list[ToolOutcome]:
        with self._record.call("together", *calls, can_be_resumed=False) as is_past:
            if is_past:
                return [self._record.outcome() for _ in calls]
            outcomes = await self._tools.together(calls)
            self._record.note(*outcomes)
            return outcomes

    async def run_subagent_tool(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        with self._record.call("run_subagent_tool", name, args) as is_past:
            if is_past:
                return self._record.outcome()
            outcome = await self._tools.run_for_subagent(name, args)
            self._record.note(outcome)
            return outcome

    async def sleep(self, seconds: float) -> None:
        with self._record.call("sleep", seconds) as is_past:
            if is_past:
                return
            wait = self._wait if self._record.take_up() else None
            self.events.release()
            await self.waits.sleep(seconds if wait is None else wait.seconds)

    async def linger(self, seconds: float) -> None:
        with self._record.call("linger", seconds) as is_past:
            if is_past:
                return
            _ = self._record.take_up()
            clock = self._session.clock
            self._due = max(self._due, clock.monotonic() - _MOST_LATE) + seconds
            if clock.moves_by_itself and (left := self._due - clock.monotonic()) > 0:
                self.events.release()
                await self.waits.sleep(left)

    async def tools(self) -> Sequence[OfferedTool]:
        listed = await self.once("tools", self._list_tools)
        return [OfferedTool(**each) for each in json.loads(listed)]

    async def _list_tools(self) -> str:
        return json.dumps([asdict(each) for each in await self._deps.tools.offered(self._session)])

    async def once(self, name: str, work: Callable[[], Awaitable[str]]) -> str:
        with self._record.call("once", name, is_whole=True) as is_past:
            if is_past:
                return self._record.outcome().output
            result = await work()
            self._record.note(ToolOutcome(ToolStatus.SUCCESS, result))
            return result

    def may_delegate(self, agent_name: str) -> bool:
        return self._project_settings.subagents.may_work(agent_name)

    def expire_session(self) -> None:
        with self._record.call("expire_session") as is_past:
            if not is_past:
                self.expires_session = True

    def capture(self) -> TurnState | None:
        """Return the state of the turn if it waits, in one place alone; None while it is running."""
        calls, wait = self._record.capture(), self.waits.capture()
        if calls is None or wait is None:
            return None
        return TurnState(
            project_id=self.project_id,
            memory=self.memory,
            calls=calls,
            wait=wait,
            text=self.events.capture(),
            expires_session=self.expires_session,
        )
