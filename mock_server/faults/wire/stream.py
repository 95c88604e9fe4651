"""An open stream with its faults, block by block.

Rule: what was altered goes out by `Outlet.put`, past the check of our own answers, which would refuse it.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from sigmic_conformance.mock_server.faults.current_request import current_request
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.spec import FaultSpec
from sigmic_conformance.mock_server.faults.trigger import Count, FaultContext
from sigmic_conformance.mock_server.faults.wire.frames import (
    END,
    FRAME_EFFECTS,
    HEARTBEAT,
    Block,
    outcome,
    split,
    waiting,
)
from sigmic_conformance.mock_server.ports import Clock, Timer


class Outlet(Protocol):
    """The open stream behind it."""

    def finish(self) -> None:
        """The last frame was put."""

    def put(self, data: bytes, faults: tuple[str, ...] = ()) -> None:
        """Send bytes as one chunk, whatever they are; `faults` made them so."""

    def cut(self, *, reset: bool) -> None:
        """End the connection without the end of the answer, after what was put."""


@dataclass(frozen=True, slots=True)
class _Silence:
    """What stands before a block: of which event, and since the last event how many heartbeats, how long."""

    before: str
    beats: int
    seconds: float

    def shows(self, spec: FaultSpec) -> bool:
        """Whether a client can tell a heartbeat that is missing from one that is late.

        Two intervals must pass without any, and as long as a busy machine takes; where only some are missing,
        one and a half.
        """
        return self.lacks(spec.trigger.every)

    def lacks(self, some: int | None = None) -> bool:
        """Whether one would be missed now if none had come, or each of so many had not."""
        if not self.beats:
            return False
        interval = self.seconds / self.beats
        missing, least = (some * interval, 1.5) if some else (self.seconds, 2)
        return missing > least * interval + _LATE_SECONDS


def _would_act(block: Block, silence: _Silence, spec: FaultSpec) -> bool:
    """Whether a client may see what a fault makes of a block behind a silence.

    That a heartbeat is late or there twice shows in a silence alone: where one stands before it.
    """
    effect = spec.fault.effect
    made = FRAME_EFFECTS[effect](block, spec.params)
    if made is None or block.event != HEARTBEAT:
        return made is not None
    if not any(HEARTBEAT.encode() in each.data for each in made):
        return silence.shows(spec)
    return effect not in _OF_SILENCE or silence.before == HEARTBEAT


_LATE_SECONDS = 0.5
_WORK = frozenset({"tool_call", "subagent_start"})
ONLY_ANSWERS = "only-answers"
"""The code of a text before which a reader has heard of no work."""
ASKING = "asking"
"""The code of a heartbeat while a call waits for an answer, whenever its reader came."""
_OF_SILENCE = frozenset({"frame.stall", "frame.repeat"})


class FaultyStream:
    """What faults make of the frames of one stream. `close` it with the stream: nothing may fire later."""

    def __init__(self, outlet: Outlet, faults: Faults, clock: Clock, *, project: str, task: str) -> None:
        self.outlet = outlet
        self._faults = faults
        self._clock = clock
        self._project = project
        self._task = task
        self._of_request = faults.of_request
        self._request = current_request()
        self._counts: dict[int, Count] = {}
        self.phase = "replay"
        self._before = ""
        self._beats = 0
        self._misses: Callable[..., None] | None = None
        self._works = False
        self._asking: frozenset[str] = frozenset()
        self._spoke = clock.monotonic()
        self._outcome: str | None = None
        self._waiting: deque[Block] = deque()
        self._held: list[Block] = []
        self._timers: set[Timer] = set()
        self._is_paused = False
        self._is_over = False

    def tell_of_a_missing_heartbeat(self, confirm: Callable[..., None]) -> None:
        """Call `confirm` in a dry run when a client would miss the heartbeats that there are."""
        self._misses = confirm

    @property
    def may_fault(self) -> bool:
        """True while a fault could act on the stream, or has left something to send."""
        if self._is_over or self._waiting or self._held or self._is_paused or self._of_request:
            return True
        return self._misses is not None or self._faults.is_armed("frame", self._project)

    def write(self, frames: bytes) -> None:
        """Send whole frames, as the faults have them."""
        if self._is_over:
            return
        for block in split(frames):
            self._take(block)
        self.phase = "live"

    def finish(self) -> None:
        """The last frame was written."""
        if not self._is_over:
            self._take(Block(event=END, data=b"", ending="finish"))

    def close(self) -> None:
        """The reader is gone."""
        self._is_over = True
        for timer in self._timers:
            timer.cancel()
        self._timers = set()

    # -----------------------------------------------------------------------------------------------------

    def _take(self, block: Block) -> None:
        blocks = [block]
        self._outcome = outcome(block) or self._outcome
        self._works = self._works or block.event in _WORK
        self._asking = waiting(block, self._asking)
        about = ONLY_ANSWERS if block.event == "content" and not self._works else None
        if block.event == HEARTBEAT and self._asking:
            about = ASKING
        context = FaultContext(
            operation="stream_task",
            method="GET",
            task=self._task,
            event=block.event,
            phase=self.phase,
            code=self._outcome or about,
            request=self._request,
            counts=self._counts,
        )
        silence = self._silence(block)
        self._faults.dry_run("frame", context, self._project, partial(_would_act, block, silence))
        for armed in self._faults.matching("frame", self._project, context, of_request=self._of_request):
            effect = FRAME_EFFECTS[armed.spec.fault.effect]
            changed: list[Block] = []
            has_acted = False
            for each in blocks:
                made = effect(each, armed.params)
                if made is None:
                    changed.append(each)
                    continue
                has_acted = True
                changed += [replace(it, faults=(*each.faults, armed.spec.fault.id)) for it in made]
            blocks = changed
            if has_acted:
                self._faults.count(armed, context, self._project)
        for each in blocks:
            self._queue(each)
        self._pump()

    def _silence(self, block: Block) -> _Silence:
        """Take note of a block, and return the silence that it stands in or ends."""
        now, before = self._clock.monotonic(), self._before
        self._before = block.event
        self._beats = self._beats + 1 if block.event == HEARTBEAT else 0
        silence = _Silence(before, self._beats, now - self._spoke)
        if block.event != HEARTBEAT:
            self._spoke = now
        elif self._misses is not None and silence.lacks():
            self._misses()
            self._misses = None
        return silence

    def _queue(self, block: Block) -> None:
        if block.is_held:
            self._held.append(replace(block, is_held=False))
            return
        held, self._held = self._held, []
        if any(each.swapped for each in held) and not block.ending:
            self._waiting.extend([block, *held])
        elif held:
            # What was held goes out in one write with this one.
            together = b"".join(each.data for each in held) + block.data
            touched = tuple(dict.fromkeys(fault for each in (*held, block) for fault in each.faults))
            self._waiting.append(replace(block, data=together, faults=touched))
        else:
            self._waiting.append(block)

    def _pump(self) -> None:
        while self._waiting and not self._is_paused and not self._is_over:
            block = self._waiting.popleft()
            if block.pause:
                self._waiting.appendleft(replace(block, pause=0.0))
                self._rest(block.pause)
            elif block.piece and len(block.data) > block.piece:
                self.outlet.put(block.data[: block.piece], block.faults)
                self._waiting.appendleft(replace(block, data=block.data[block.piece :]))
                if block.between:
                    self._rest(block.between)
            else:
                self._send(block)

    def _send(self, block: Block) -> None:
        if block.data:
            self.outlet.put(block.data, block.faults)
        if block.ending:
            self._is_over = True
        if block.ending == "finish":
            self.outlet.finish()
        elif block.ending in {"close", "reset"}:
            self.outlet.cut(reset=block.ending == "reset")

    def _rest(self, seconds: float) -> None:
        self._is_paused = True
        self._later(seconds, self._resume)

    def _resume(self) -> None:
        self._is_paused = False
        self._pump()

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        def ring() -> None:
            self._timers.discard(timer)
            call()

        timer = self._clock.call_later(seconds, ring)
        self._timers.add(timer)
