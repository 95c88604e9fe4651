"""A turn that can be gone on from: what the agent did so far is counted, and can be done again silently.

The agent is a coroutine and cannot be copied. But it decides nothing by time or chance: told the outcomes of
the tools it called, it comes to the same place again. So a snapshot keeps the outcomes and a digest of the
calls; after a restore the agent begins anew, every call it made before is answered from the record, and the
first one after that, the one it waited in, is taken up where it stood.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.mock_server.agent.turn import PLAIN, CallScript, ToolOrder, ToolOutcome, TurnFailed
from sigmic_conformance.mock_server.domain.event_log import CatchUp
from sigmic_conformance.mock_server.domain.events import Event
from sigmic_conformance.mock_server.domain.model import Message
from sigmic_conformance.mock_server.service.turn import RunningTurn
from sigmic_conformance.mock_server.service.turn_waits import HeldTurn

DIVERGED = "The agent no longer does what it did before the snapshot: a playbook has changed since."


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPast:
    """A turn at a moment in which it waits. `waits_in` is the call that it waits in."""

    calls: int
    digest: str
    outcomes: tuple[ToolOutcome, ...]
    waits_in: str
    project_id: str
    """Where it began: a playbook may be for that project alone."""
    memory: Sequence[Message]
    held: HeldTurn


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRun:
    """A run at a moment in which it waits: for its first stream with `grace` seconds left, or in `past`.

    `catch_up` is what a newcomer to the stream hears of it.
    """

    message: Message
    grace: float | None
    past: TurnPast | None
    catch_up: CatchUp


class RecordedTurn:
    """Fulfils `mock_server.agent.turn.Turn` around a running turn."""

    def __init__(self, turn: RunningTurn, past: TurnPast | None = None) -> None:
        self._turn = turn
        self._past = past
        """Not yet done again; None once the turn goes on by itself."""
        self._calls = 0
        self._digest = hashlib.sha256()
        self._outcomes: list[ToolOutcome] = []
        self._doing: list[str] = []
        self.project_id = turn.project_id if past is None else past.project_id

    @property
    def message(self) -> Message:
        return self._turn.message

    @property
    def memory(self) -> Sequence[Message]:
        return self._turn.memory

    @property
    def system_prompt(self) -> str | None:
        return self._turn.system_prompt

    def past(self) -> TurnPast | None:
        """Return what a restore needs; None unless the agent waits in one call alone."""
        held = self._turn.hold()
        if self._past is not None or held is None or len(self._doing) != 1:
            return None
        return TurnPast(
            calls=self._calls,
            digest=self._digest.hexdigest(),
            outcomes=tuple(self._outcomes),
            waits_in=self._doing[0],
            project_id=self.project_id,
            memory=self._turn.memory,
            held=held,
        )

    # --- the agent's calls -------------------------------------------------------------------------------

    async def status(self, status: str, message: str | None = None) -> None:
        call = _call("status", status, message)
        if not self._is_past(call):
            await self._turn.status(status, message)
        self._done(call)

    async def think(self, subject: str, description: str) -> None:
        call = _call("think", subject, description)
        if not self._is_past(call):
            await self._turn.think(subject, description)
        self._done(call)

    async def say(self, text: str) -> None:
        call = _call("say", text)
        if not self._is_past(call):
            await self._turn.say(text)
        self._done(call)

    async def emit(self, event: Event) -> None:
        call = _call("emit", event)
        if not self._is_past(call):
            await self._turn.emit(event)
        self._done(call)

    async def send_raw(self, name: str, data: Mapping[str, Any]) -> None:
        call = _call("send_raw", name, data)
        if not self._is_past(call):
            await self._turn.send_raw(name, data)
        self._done(call)

    async def call_tool(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        call = _call("call_tool", name, args, script)
        if self._is_past(call):
            outcome = self._told()
        else:
            held = self._take_up(call)
            self._doing.append(call)
            try:
                if held is None or held.call is None:
                    outcome = await self._turn.call_tool(name, args, script)
                else:
                    outcome = await self._turn.resume_call(held, name, args, script)
            finally:
                self._doing.remove(call)
        self._outcomes.append(outcome)
        self._done(call)
        return outcome

    async def run_subagent_tool(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        call = _call("run_subagent_tool", name, args)
        outcome = self._told() if self._is_past(call) else await self._turn.run_subagent_tool(name, args)
        self._outcomes.append(outcome)
        self._done(call)
        return outcome

    async def sleep(self, seconds: float) -> None:
        call = _call("sleep", seconds)
        if not self._is_past(call):
            held = self._take_up(call)
            self._doing.append(call)
            try:
                await self._turn.sleep(seconds if held is None else held.seconds)
            finally:
                self._doing.remove(call)
        self._done(call)

    async def together(self, calls: Sequence[ToolOrder]) -> list[ToolOutcome]:
        call = _call("together", *calls)
        if self._is_past(call):
            for _ in calls:
                self._outcomes.append(self._told())
        else:
            # They wait apart from one another, so no snapshot can be gone on from here: that is two to do.
            self._doing += [call, call]
            try:
                self._outcomes += await self._turn.together(calls)
            finally:
                self._doing = [each for each in self._doing if each != call]
        self._done(call)
        return self._outcomes[-len(calls) :]

    async def arm_fault(self, fault: str, values: Mapping[str, Any], *, stay: bool) -> None:
        call = _call("arm_fault", fault, values, stay)
        if not self._is_past(call):
            await self._turn.arm_fault(fault, values, stay=stay)
        self._done(call)

    def expire_session(self) -> None:
        call = _call("expire_session")
        if not self._is_past(call):
            self._turn.expire_session()
        self._done(call)

    # --- how ---------------------------------------------------------------------------------------------

    def _is_past(self, call: str) -> bool:
        past = self._past
        if past is None:
            return False
        if self._calls < past.calls:
            return True
        if call != past.waits_in or self._digest.hexdigest() != past.digest:
            self._past = None
            raise TurnFailed(DIVERGED, "SNAPSHOT_DIVERGED")
        return False

    def _told(self) -> ToolOutcome:
        """Return the outcome of a call that was made before."""
        told = () if self._past is None else self._past.outcomes
        if len(self._outcomes) >= len(told):
            self._past = None
            raise TurnFailed(DIVERGED, "SNAPSHOT_DIVERGED")
        return told[len(self._outcomes)]

    def _take_up(self, _call: str) -> HeldTurn | None:
        """Return how the wait stood that this call is in; the record ends here."""
        past, self._past = self._past, None
        return None if past is None else past.held

    def _done(self, call: str) -> None:
        self._calls += 1
        self._digest.update(call.encode(errors="surrogatepass"))


def _call(*parts: object) -> str:
    return repr(parts)
