"""Run the turn of a step: readers connect and leave, calls are decided, the task is observed."""

import asyncio
import time
from dataclasses import dataclass, field

from sigmic_conformance.traffic.endings import Interrupted, describe
from sigmic_conformance.traffic.journeys.journey import ENDINGS, Step
from sigmic_conformance.traffic.journeys.life import Life
from sigmic_conformance.traffic.journeys.material import Message, silent_seconds
from sigmic_conformance.traffic.journeys.observe import observe
from sigmic_conformance.traffic.live_stream import LiveEvent, LiveStream
from sigmic_conformance.traffic.probes.approve import asks
from sigmic_conformance.traffic.steps import POLL_SECONDS, follow, get, status_of
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.bodies import as_json
from sigmic_conformance.wire.transcript import Exchange

SETTLE_SECONDS = 10.0
"""How long GET may lag behind the stream."""
STARTED_SECONDS = 0.2
"""How long a command that was just approved needs to start."""
RECONNECTIONS = 2
ALONE_BEATS = 1.1
"""Heartbeat intervals after which a target must have detected a lost reader: it has tried to send one."""
JOINED_SECONDS = 1.1
"""After this time, a reader that joins while a call waits must have received the call."""
OUTCOMES = {"always": "proceed_always", "rejected": "cancel"}


@dataclass(slots=True)
class Turn:
    """One turn while it runs, observed in the reader's stream, or with GET if there is no reader."""

    life: Life
    step: Step
    message: Message
    live: LiveStream | None = None
    second: LiveStream | None = None
    read: int = 0
    results: int = 0
    looked: bool = False
    came: bool = False
    left: bool = False
    over: bool = False
    cancelled: bool = False
    decided: list[str] = field(default_factory=list)
    reconnected: int = 0
    until: float = 0.0

    async def run(self) -> None:
        """Run the turn to its end, then observe the task."""
        life, step, reader = self.life, self.step, self.step["reader"]
        self.until = time.monotonic() + life.driver.profile.task_seconds
        if reader in {"from_start", "several", "dropped", "returning"}:
            await self._come()
        if reader == "several" and not step.is_joined:
            self.second = await self._open("second reader")
        if step["state"] == "pending":
            await self._look("pending")
        while not self.over:
            if time.monotonic() >= self.until:
                await self._get("out of time")
                raise Interrupted(f"step {life.number}: the turn did not end in time")
            await (self._poll() if self.live is None else self._hear(self.live))
        await self._hang_up()
        await self._finish()

    async def _hang_up(self) -> None:
        """Wait for the streams to end; one that stays open after its run is left open in later ones."""
        for stream in filter(None, (self.live, self.second)):
            if await stream.end(SETTLE_SECONDS):
                stream.hang_up()

    async def _finish(self) -> None:
        life, step = self.life, self.step
        settled = await self._settled()
        state = status_of(settled)
        if state != step.ending:
            life.miss(f"the turn ended as {state} instead of {step.ending}")
        if step["state"] not in ENDINGS and not self.looked:
            life.miss(f"the state {step['state']} was never observed")
        if step["reader"] == "late":
            await follow(life.driver, life.task, label=life.label("late reader"), caller=life.acting(step))
            settled = await self._get("after the late reader")
        await observe(life, step, step.ending, first=settled)
        life.session = json_values.word(settled.fields.get("sessionId")) or life.session

    async def _settled(self) -> Exchange:
        """Read the task until GET also reports the end of the turn, or its time is over."""
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            task = await self._get("over")
            if status_of(task) in ENDINGS or time.monotonic() >= end:
                return task
            await asyncio.sleep(POLL_SECONDS)

    async def _hear(self, live: LiveStream) -> None:
        """Wait for the next event that was not handled yet, and act on it."""
        if self.read == len(live.events):
            await self._more(live)
        if self.read < len(live.events):
            event = live.events[self.read]
            self.read += 1
            await self._heard(event)
        elif live.ended:
            await self._cut()

    async def _more(self, live: LiveStream) -> None:
        passed, known = 0, self.read

        def fresh(_: LiveEvent) -> bool:
            nonlocal passed
            passed += 1
            return passed > known

        await live.until(fresh, max(0.0, self.until - time.monotonic()))

    async def _cut(self) -> None:
        """The stream ended before the turn: open it again, at most twice, else poll."""
        self.live = None
        status = await self._status("after the stream")
        if status in ENDINGS:
            self.over = True
        elif self.reconnected < RECONNECTIONS:
            self.reconnected += 1
            await self._come()

    async def _heard(self, event: LiveEvent) -> None:
        state = self.step["state"]
        if event.type in {"done", "error"}:
            self.over = True
        elif event.type == "history_done" and event.field("isStreaming") is False:
            # Of a task that waits for an approval, too, no run may be streamed.
            self.live = None
            self.over = await self._status("not streaming") in ENDINGS
        elif asks(event):
            await self._asked(event.call)
        elif event.type == "tool_call":
            await self._working()
        elif event.type == "tool_result":
            self.results += 1
        elif event.type == "content" and (self._speaks or not self.message.commands):
            if state == "speaking":
                await self._moment("speaking")
            elif not self.message.commands or (self._rejects and state == "cancelled"):
                await self._working()

    @property
    def _speaks(self) -> bool:
        """Whether the agent has run all commands and now only writes its answer."""
        joined = self.step["reader"] in {"joining", "returning"}
        return joined or self.results >= self.message.commands

    @property
    def _rejects(self) -> bool:
        return self.step["approval"] == "rejected"

    async def _poll(self) -> None:
        """Poll the task and act on its status; a reader that joins connects when the agent is working."""
        task = await self._get("meanwhile")
        status = status_of(task) or ""
        if status in ENDINGS:
            self.over = True
            return
        if self.step["reader"] == "joining" and not self.came and status != "pending":
            await self._come()
            return
        fresh = [each for each in task.pending_calls if each and each not in self.decided]
        if fresh:
            # Record what get_task reports of a call that is known to wait: no stream reader receives it.
            await self._get("waiting")
            await self._asked(fresh[0])
        elif status == "running" and self.step.ending == "cancelled" and not self._to_decide:
            await asyncio.sleep(STARTED_SECONDS)
            await self._cancel()
        await asyncio.sleep(POLL_SECONDS)

    async def _working(self) -> None:
        """The agent is working: readers leave, and the step's state may be reached."""
        state = self.step["state"]
        if self._to_decide or state == "speaking":
            return
        await self._leave()
        if state == "tool_running" and self.message.commands:
            await self._moment("tool_running")
        elif state == "cancelled" and not self.cancelled:
            await asyncio.sleep(STARTED_SECONDS)
            await self._cancel()

    @property
    def _to_decide(self) -> bool:
        """Whether calls are still to be decided: until then no command of the step runs."""
        wanted = 1 if self._rejects else self.message.commands
        return self.step["approval"] != "automatic" and len(self.decided) < wanted

    async def _asked(self, call: str) -> None:
        """Decide a waiting call; if the step is about waiting, observe it first."""
        if call in self.decided:
            return
        if self.step["state"] != "speaking":
            await self._leave()
        if self.step["reader"] == "returning" and self.live is not None:
            # A reader that has just reconnected gets the call before it is decided, if at all.
            await self.live.until(lambda event: event.call == call, JOINED_SECONDS)
        if self.step["state"] == "awaiting_approval" and not self.looked:
            await self._look_at_waiting(call)
        if self.step.waits_alone:
            await self._pause(ALONE_BEATS * self.life.driver.profile.heartbeat_seconds)
        await self._decide(call)
        if self._to_decide:
            return
        if self.step["state"] == "tool_running":
            await self._moment("tool_running")
        elif self.step["state"] == "cancelled" and not (self._rejects and self.live is not None):
            await asyncio.sleep(STARTED_SECONDS)
            await self._cancel()

    async def _decide(self, call: str) -> None:
        """Answer a call, and if that is accepted once more: the second answer must not start anything."""
        self.decided.append(call)
        outcome = OUTCOMES.get(self.step["approval"], "proceed_once")
        answer = await self._answer(call, outcome, outcome)
        if answer.ok:
            await self._answer(call, "proceed_once", f"again, after {outcome}")
        elif call in (await self._get("after the decision")).pending_calls:
            raise Interrupted(f"step {self.life.number}: the decision was answered {describe(answer)}")

    async def _answer(self, call: str, outcome: str, what: str) -> Exchange:
        return await self.life.driver.call(
            "approve_tool_call",
            label=self.life.label(what),
            path={"id": self.life.task, "callId": call},
            caller=self.life.acting(self.step),
            body=as_json({"outcome": outcome}),
        )

    async def _look_at_waiting(self, call: str) -> None:
        """Observe a waiting call; if heartbeats are frequent, wait until they can be checked."""
        self.looked = True
        if self.step.is_joined:
            # The wait may take a second to appear in all responses (LIST-010).
            await self._get("waiting")
            await self._join()
        await observe(self.life, self.step, "awaiting_approval", call=call)
        await self._answer("no-such-call", "proceed_once", "awaiting_approval: unknown call")
        if self.step.is_seen_waiting:
            await self._pause(silent_seconds(self.life.driver.profile, self.life.journey.listening))

    async def _moment(self, state: str) -> None:
        if self.looked:
            return
        self.looked = True
        await self._leave()
        await self._look(state)

    async def _look(self, state: str) -> None:
        self.looked = True
        await observe(self.life, self.step, state)

    async def _cancel(self) -> None:
        if self.cancelled:
            return
        self.cancelled = True
        answer = await self.life.driver.call(
            "cancel_task",
            label=self.life.label("cancel"),
            path={"id": self.life.task},
            caller=self.life.acting(self.step),
        )
        if answer.refused:
            # The current status of the task shows whether there was something to cancel.
            await self._get("after the cancellation")

    async def _open(self, what: str) -> LiveStream:
        return await self.life.driver.open_stream(
            self.life.task, label=self.life.label(what), caller=self.life.acting(self.step)
        )

    async def _come(self) -> None:
        """The reader connects or reconnects."""
        live = await self._open("reader again" if self.came else "reader")
        if not live.opened:
            capture = live.connection.capture
            by = (
                f"not answered ({capture.closed})" if capture.status is None else f"answered {capture.status}"
            )
            raise Interrupted(f"step {self.life.number}: the stream was {by}")
        self.came = True
        self.live, self.read, self.results = live, 0, 0

    async def _join(self) -> None:
        """Connect a second reader, and wait a while before anything happens."""
        self.second = await self._open("second reader")
        await self._pause(JOINED_SECONDS)

    async def _pause(self, seconds: float) -> None:
        """Sleep, without counting it towards the turn's time."""
        self.until += seconds
        await asyncio.sleep(seconds)

    async def _leave(self) -> None:
        """Break the reader's connection once, if the step requires it; a returning reader reconnects now."""
        if self.step["reader"] not in {"dropped", "returning"} or self.left or self.live is None:
            return
        self.left = True
        self.live.hang_up(abruptly=True)
        self.live = None
        if self.step["reader"] == "returning":
            await self._come()

    async def _get(self, what: str) -> Exchange:
        """Read the task. Raises Interrupted if it is gone or there is no response."""
        found = await get(
            self.life.driver,
            self.life.task,
            label=self.life.label(what),
            caller=self.life.acting(self.step),
        )
        if not found.ok:
            raise Interrupted(f"step {self.life.number}: the task was answered {describe(found)}")
        return found

    async def _status(self, what: str) -> str:
        return status_of(await self._get(what)) or ""
