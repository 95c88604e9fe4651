"""An open stream with its faults, block by block.

Rule: an altered block is sent by `put`, past the mock's own check, which would refuse it.
"""

import asyncio
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from sigmic_mock.faults.current_request import current_request
from sigmic_mock.faults.engine import Faults
from sigmic_mock.faults.fault import FaultSpec
from sigmic_mock.faults.observer import FaultyStreamObserver
from sigmic_mock.faults.trigger import Count, FaultContext
from sigmic_mock.faults.wire.delivery import break_off
from sigmic_mock.faults.wire.frames import (
    END,
    FRAME_EFFECTS,
    HEARTBEAT,
    Block,
    outcome,
    split,
    waiting,
)
from sigmic_mock.http.event_stream import EventStream
from sigmic_mock.http.observer import Ending
from sigmic_mock.ports import Timer

_GZIP_WBITS = 31


class Gzip:
    """The content coding of a stream, emptied after each event or never, and ended or not."""

    def __init__(self, *, flush: str, ends: bool) -> None:
        self._flush = flush
        self._ends = ends
        self._coder = zlib.compressobj(wbits=_GZIP_WBITS)

    def code(self, data: bytes) -> bytes:
        """Return the bytes that can be sent after `data`."""
        coded = self._coder.compress(data)
        if self._flush == "events" and not data.startswith(b":"):
            coded += self._coder.flush(zlib.Z_SYNC_FLUSH)
        return coded

    def end(self) -> bytes:
        """Return the bytes that end it."""
        return self._coder.flush() if self._ends else b""


@dataclass(frozen=True, slots=True)
class _Silence:
    """What precedes a block: the previous event, and since the last event the heartbeats and the seconds."""

    before: str
    beats: int
    seconds: float

    @property
    def is_long(self) -> bool:
        """Whether a client would detect the loss if no heartbeat had come.

        Two intervals must pass without one, plus the delay of a busy machine.
        """
        return self.beats > 0 and self.seconds > 2 * self.seconds / self.beats + _LATE_SECONDS


def _would_act(block: Block, silence: _Silence, spec: FaultSpec) -> bool:
    """Whether a client may see what a fault makes of a block behind a silence.

    A late or repeated heartbeat shows only in a silence: when another heartbeat precedes it.
    """
    effect = spec.fault.effect
    made = FRAME_EFFECTS[effect](block, spec.params)
    if made is None or block.event != HEARTBEAT:
        return made is not None
    if not any(HEARTBEAT.encode() in each.data for each in made):
        return silence.is_long
    return effect not in _OF_SILENCE or silence.before == HEARTBEAT


_LATE_SECONDS = 0.5
_WORK = frozenset({"tool_call", "subagent_start"})
ONLY_ANSWERS = "only-answers"
"""The code of a text before the first tool call or subagent of the stream."""
ASKING = "asking"
"""The code of a heartbeat while a call waits for an answer, whenever its reader came."""
_OF_SILENCE = frozenset({"frame.stall", "frame.repeat"})


class FaultyStream:
    """The frames of one stream with faults. `close` it with the stream: nothing may fire later."""

    def __init__(self, stream: EventStream, faults: Faults) -> None:
        self._stream = stream
        self._observer = stream.observer if isinstance(stream.observer, FaultyStreamObserver) else None
        self._faults = faults
        self._project = stream.project_id
        self._clock = faults.clock(stream.project_id)
        self.coding: Gzip | None = None
        self._cut: bool | None = None
        """If set, break off once everything is handed over; True resets the connection."""
        self._of_request = faults.of_request
        self._request = current_request()
        self._counts: dict[int, Count] = {}
        self._phase = "live" if stream._transport is not None or stream._behind else "replay"
        self._before = ""
        self._beats = 0
        self._works = False
        self._asking: frozenset[str] = frozenset()
        self._spoke = self._clock.monotonic()
        self._outcome: str | None = None
        self._waiting: deque[Block] = deque()
        self._held: list[Block] = []
        self._timers: set[Timer] = set()
        self._is_paused = False
        self._is_over = False

    def write(self, frames: bytes) -> None:
        """Send whole frames, as the faults have them."""
        if self._is_over:
            return
        for block in split(frames):
            self._take(block)
        self._phase = "live"

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
            task=self._stream.task_id,
            event=block.event,
            phase=self._phase,
            code=self._outcome or about,
            request=self._request,
            counts=self._counts,
        )
        silence = self._silence(block)
        self._faults.occasion("frame", context, self._project)(partial(_would_act, block, silence))
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
        """Record a block, and return the silence that it ends or belongs to."""
        now, before = self._clock.monotonic(), self._before
        self._before = block.event
        self._beats = self._beats + 1 if block.event == HEARTBEAT else 0
        silence = _Silence(before, self._beats, now - self._spoke)
        if block.event != HEARTBEAT:
            self._spoke = now
        return silence

    def _queue(self, block: Block) -> None:
        if block.is_held:
            self._held.append(replace(block, is_held=False))
            return
        held, self._held = self._held, []
        if any(each.swapped for each in held) and not block.ending:
            self._waiting.extend([block, *held])
        elif held:
            # Held bytes go out in one write with this block.
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
                self.put(block.data[: block.piece], block.faults)
                self._waiting.appendleft(replace(block, data=block.data[block.piece :]))
                if block.between:
                    self._rest(block.between)
            else:
                self._send(block)

    def _send(self, block: Block) -> None:
        if block.data:
            self.put(block.data, block.faults)
        if block.ending:
            self._is_over = True
        if block.ending == "finish":
            self._finish()
        elif block.ending in {"close", "reset"}:
            self._cut = block.ending == "reset"
            if self._observer is not None:
                self._observer.breaks_off()
            self._stream.pump()

    def put(self, data: bytes, faults: tuple[str, ...] = ()) -> None:
        """Send bytes as one chunk; `faults` made them so."""
        if self.coding is not None:
            data, faults = self.coding.code(data), (*faults, "stream.compressed")
        stream = self._stream
        if stream.takes(data):
            if self._observer is not None:
                self._observer.wrote_altered(data, faults)
            elif stream.observer is not None:
                stream.observer.wrote(data)
            stream.send(data)

    def _finish(self) -> None:
        """Do what `EventStream.finish` does."""
        coding, self.coding = self.coding, None
        if coding is not None:
            self.put(coding.end(), ("stream.compressed",))
        self._stream._finishing = True
        self._stream.pump()
        self._stream._limit_the_rest()

    def break_off(self, transport: asyncio.Transport) -> bool:
        """Break the connection off if that was asked for; return whether it was."""
        if self._cut is None:
            return False
        self._stream.end(Ending.GONE)
        break_off(transport, reset=self._cut)
        return True

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
