"""One turn of the agent: what it does becomes events, the journal, and what is saved of a partial answer.

Fulfils `mock_server.agent.turn.Turn`. Rule: nothing of the agent passes unredacted: its text goes through a
redacted stream, tool output is redacted as a whole, and only then journal, database and subscribers see it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import Any

from sigmic_conformance.mock_server.agent.turn import PLAIN, CallScript, ToolOrder, ToolOutcome, TurnFailed
from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.domain.events import (
    Content,
    Event,
    RawEvent,
    Status,
    ThoughtEvent,
    ToolCallEvent,
    ToolResult,
)
from sigmic_conformance.mock_server.domain.model import (
    Message,
    Outcome,
    Output,
    Thought,
    ToolCall,
    ToolStatus,
)
from sigmic_conformance.mock_server.domain.policy import Policy, decide
from sigmic_conformance.mock_server.domain.sse import encode
from sigmic_conformance.mock_server.domain.turn_output import TurnOutput
from sigmic_conformance.mock_server.service.approvals import REFUSED, Approvals
from sigmic_conformance.mock_server.service.broadcast import Broadcast
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.side_by_side import side_by_side
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from sigmic_conformance.mock_server.service.timeline import about
from sigmic_conformance.mock_server.service.tool_runs import run_for
from sigmic_conformance.mock_server.service.turn_waits import HeldTurn, Wait
from sigmic_conformance.mock_server.service.workplace import Workplace

_DENIED = ToolOutcome(ToolStatus.ERROR, "The project's policy does not allow this tool.")
_BURST = 8
"""Events of a turn before the event loop gets its turn: readers then get them in one write."""
_SAVE_SECONDS = 1.0
"""Platform time between two saves of a growing answer; tool calls save it as well."""


class RunningTurn:
    """The agent's turn on one message of one task."""

    def __init__(self, place: Workplace, cached: CachedTask, session: Session, message: Message) -> None:
        self.message = message
        self.memory: Sequence[Message] = ()
        self.system_prompt = cached.task.system_prompt
        self.project_id = cached.task.project_id
        self.clock = place.clocks.of(cached.task.project_id)
        self.ids = place.ids.of(cached.task.project_id)
        self.expires_session = False
        """Whether the session expires as soon as this turn is over."""
        self._armed: list[Callable[[], None]] = []
        self.approvals = Approvals(cached, session, place, show=self.show)
        self._place = place
        self._cached = cached
        self._session = session
        self._repeats_text = self._deviates("content.cumulative")
        """Whether a fault has every piece of text repeat all that was said before."""
        self._redactor = session.redactor
        self._text = session.redactor.stream()
        self._held = ""
        """The newest delta: not sent before it is known whether it is the last one (G-47)."""
        self._burst = 0
        self._approved_calls: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._saved_at = self.clock.monotonic()
        self._waits: list[Wait] = []
        self._scripted_call: ToolCall | None = None
        """The call whose made-up outcome is being waited for."""

    # --- what the agent does -----------------------------------------------------------------------------

    async def status(self, status: str, message: str | None = None) -> None:
        await self.emit(Status(status, message))

    async def think(self, subject: str, description: str) -> None:
        text = self._redactor.text
        await self._do(ThoughtEvent(Thought(text(subject), text(description))))

    async def say(self, text: str) -> None:
        shown = self._text.add("I do not know. " if self._deviates("agent.says-otherwise") else text)
        if shown:
            self._release()
            self._held = shown
            await self._breathe()
            await self._save_now_and_then()

    async def call_tool(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        self._release()
        call = ToolCall(
            call_id=self.ids.call(self._cached.task.id),
            tool_name=self._redactor.text(name),
            status=ToolStatus.EXECUTING,
            args=self._redactor.value(args),
        )
        policy = self._policy(name)
        if policy is Policy.ALLOW and script.ask and name not in self._session.always_allowed:
            policy = Policy.ASK
        if policy is not Policy.ASK:
            self.show(ToolCallEvent(call.call_id, call.tool_name, ToolStatus.EXECUTING, call.args))
        elif not await self._approved(call):
            self._count(ToolStatus.CANCELLED)
            if self._deviates("approval.cancel-fails"):
                raise TurnFailed("A tool call was refused", "TOOL_REFUSED")
            return ToolOutcome(ToolStatus.CANCELLED, REFUSED)
        else:
            self._approved_calls[call.call_id] = (name, args)
        if policy is Policy.DENY:
            return await self._ended(call, _DENIED)
        return await self._ended(call, await self._scripted(call, name, args, script))

    async def resume_call(
        self, held: HeldTurn, name: str, args: Mapping[str, Any], script: CallScript
    ) -> ToolOutcome:
        """Take up a call in which the turn waited when it was held."""
        call = held.call
        if call is None:
            raise ValueError("the turn did not wait in a call")
        if not held.asks:
            script = replace(script, seconds=held.seconds)
        elif not await self._answered(call, self.approvals.reopen(call), held.seconds):
            self._count(ToolStatus.CANCELLED)
            return ToolOutcome(ToolStatus.CANCELLED, REFUSED)
        else:
            self._approved_calls[call.call_id] = (name, args)
        return await self._ended(call, await self._scripted(call, name, args, script))

    async def _ended(self, call: ToolCall, outcome: ToolOutcome) -> ToolOutcome:
        self._count(outcome.status)
        await self._do(ToolResult(call.call_id, outcome.status, outcome.output))
        await self._save()
        return outcome

    async def run_again(self, call_id: str) -> bool:
        """Run an approved call once more, when a fault wants a second approval to do so."""
        ran = self._approved_calls.get(call_id)
        if ran is None or not self._deviates("approval.runs-twice"):
            return False
        outcome = await self._run(*ran)
        await self._do(ToolResult(call_id, outcome.status, outcome.output))
        return True

    async def together(self, calls: Sequence[ToolOrder]) -> list[ToolOutcome]:
        return await side_by_side(self.clock, [self.call_tool(*call) for call in calls])

    async def emit(self, event: Event) -> None:
        await self._do(self._redactor.event(event))

    async def run_subagent_tool(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        self._release()
        if self._policy(name) is Policy.DENY:
            return _DENIED
        return await self._run(name, args)

    async def sleep(self, seconds: float) -> None:
        self._release()
        wait = Wait(self._scripted_call, asks=False, until=self.clock.monotonic() + seconds)
        self._waits.append(wait)
        try:
            with self.clock.waiting():
                await self.clock.sleep(seconds, timer="wait", owner=self._cached.task.id)
        finally:
            self._waits.remove(wait)

    async def send_raw(self, name: str, data: Mapping[str, Any]) -> None:
        await self._do(RawEvent(name, self._redactor.value(data)))

    async def arm_fault(self, fault: str, values: Mapping[str, Any], *, stay: bool) -> None:
        self._release()
        await self._cached.broadcast.delivered()
        try:
            disarm = self._place.deviations.arm_for_task(
                fault, values, project=self.project_id, task=self._cached.task.id
            )
        except ValueError as problem:
            raise TurnFailed(f"The playbook asks for a fault wrongly: {problem}", "BAD_FAULT") from None
        if not stay:
            self._armed.append(disarm)

    def expire_session(self) -> None:
        self.expires_session = True

    # --- what the run does -------------------------------------------------------------------------------

    def show(self, event: Event) -> None:
        """Put an event into the journal and send it to every subscriber."""
        frame = self._cached.event_log.append(event, self.clock.now())
        if self._repeats_text and isinstance(event, Content):
            frame = encode(Content(self._output.text, event.is_partial))
        self._cached.broadcast.send(frame)
        self._place.counters.events[event.name] += 1
        self._place.timelines.note(
            self._cached.task.id, self.clock.now(), "event", event=event.name, **about(event)
        )
        self._burst += 1

    def hold(self) -> HeldTurn | None:
        """Return how the turn stands if it waits, in one place alone; None when it is at work."""
        if len(self._waits) != 1 or self._armed:
            return None
        wait = self._waits[0]
        return HeldTurn(
            call=wait.call,
            asks=wait.asks,
            seconds=max(0.0, wait.until - self.clock.monotonic()),
            text=copy(self._text),
            delta=self._held,
            approved_calls=dict(self._approved_calls),
            expires_session=self.expires_session,
        )

    def resume(self, held: HeldTurn) -> None:
        """Stand as the held turn did."""
        self._text = copy(held.text)
        self._held = held.delta
        self._approved_calls = dict(held.approved_calls)
        self.expires_session = held.expires_session

    def clean_up(self) -> None:
        """The turn is over: what was armed for it ends, once everybody was given the last event."""
        if self._armed:
            work = self._disarm(self._cached.broadcast)
            _ = self._place.background.start(work, name=f"disarm {self._cached.task.id}")

    def last_events(self, *, completed: bool) -> list[Event]:
        """Return what the end of the turn still has to show: open calls are cancelled, the text is closed."""
        events: list[Event] = [
            ToolResult(call.call_id, ToolStatus.CANCELLED, "The run ended before this call did.")
            for call in self._output.open_calls
        ]
        text = self._held + self._text.flush()
        self._held = ""
        if text or (completed and self._output.has_text):
            events.append(Content(text, is_partial=not completed))
        return events

    def output_after(self, events: Sequence[Event]) -> Output:
        """Return the turn's output as it will be once `events` were shown."""
        return self._output.after(events, self.clock.now())

    # --- how -----------------------------------------------------------------------------------------------

    @property
    def _output(self) -> TurnOutput:
        output = self._cached.event_log.output
        if output is None:
            raise RuntimeError("the turn is over")
        return output

    def _policy(self, tool_name: str) -> Policy:
        policy = decide(
            tool_name,
            auto_execute=self._cached.task.auto_execute,
            rules=self._place.rules(self.project_id),
            always_allowed=self._session.always_allowed,
        )
        if policy is Policy.ASK and self._deviates("approval.ignored", tool_name):
            return Policy.ALLOW
        if policy is Policy.ALLOW and self._deviates("approval.unasked"):
            return Policy.ASK
        return policy

    def _deviates(self, decision: str, code: str | None = None) -> bool:
        about = {"task": self._cached.task.id, "code": code}
        return self._place.deviations.deviates(decision, self.project_id, **about) is not None

    async def _approved(self, call: ToolCall) -> bool:
        answer = await self.approvals.ask(call)
        return await self._answered(call, answer, self._place.settings.approval_seconds)

    async def _answered(self, call: ToolCall, answer: "asyncio.Future[bool]", seconds: float) -> bool:
        wait = Wait(call, asks=True, until=self.clock.monotonic() + seconds)
        self._waits.append(wait)
        give_up = self.clock.call_later(
            seconds,
            lambda: self._place.background.start(self._give_up(call), name=f"give up {call.call_id}"),
            timer="approval_deadline",
            owner=self._cached.task.id,
        )
        try:
            await self._save()
            with self.clock.waiting(on_caller=True):
                return await answer
        finally:
            self._waits.remove(wait)
            give_up.cancel()

    async def _give_up(self, call: ToolCall) -> None:
        with self.clock.working(), suppress(ApiError):  # it was answered in the meantime
            await self.approvals.decide(call.call_id, Outcome.CANCEL)

    async def _disarm(self, broadcast: Broadcast) -> None:
        await broadcast.delivered()
        while self._armed:
            self._armed.pop()()

    async def _scripted(
        self, call: ToolCall, name: str, args: Mapping[str, Any], script: CallScript
    ) -> ToolOutcome:
        if script.seconds:
            self._scripted_call = call
            try:
                await self.sleep(script.seconds)
            finally:
                self._scripted_call = None
        if script.result is None:
            return await self._run(name, args)
        return ToolOutcome(script.result.status, self._redactor.text(script.result.output))

    async def _run(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        return await run_for(self._place, self._cached.task, self._session, name, args)

    async def _do(self, event: Event) -> None:
        self._release()
        self.show(event)
        await self._breathe()

    def _release(self) -> None:
        """Send the delta that was held back: something follows it."""
        if self._held:
            self.show(Content(self._held, is_partial=True))
            self._held = ""

    async def _breathe(self) -> None:
        if self._burst >= _BURST:
            self._burst = 0
            await asyncio.sleep(0)

    async def _save_now_and_then(self) -> None:
        if self.clock.monotonic() - self._saved_at >= _SAVE_SECONDS:
            await self._save()

    async def _save(self) -> None:
        """Save the partial answer: it survives a crash, though nobody was promised that."""
        self._saved_at = self.clock.monotonic()
        await self._place.store.save_output(self._cached.task.id, self._output.snapshot())

    def _count(self, status: ToolStatus) -> None:
        self._place.counters.tool_calls[status.value] += 1
