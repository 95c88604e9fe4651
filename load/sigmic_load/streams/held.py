"""Many idle streams of one user, watched by the event loop instead of one greenlet each.

A stream costs a socket, a parser and a watcher. Its heartbeats are timed in the turn of the loop in which
their bytes arrive. Callbacks run on the loop and never block.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

from gevent import get_hub

from sigmic_load.measures.accounting import End
from sigmic_load.measures.evidence import Kind
from sigmic_load.measures.pulse import BEHIND
from sigmic_load.measures.recorder import Phase, UserRecorder
from sigmic_load.streams.connection import (
    StreamConnection,
    ends_the_stream,
    failure,
    is_heartbeat,
)
from sigmic_load.streams.punctuality import Punctuality
from sigmic_load.streams.rhythm import Rhythm


class _Held:
    __slots__ = (
        "connection",
        "end",
        "failure",
        "is_new",
        "is_return",
        "on_end",
        "punctuality",
        "rhythm",
        "task",
        "watcher",
    )

    def __init__(
        self,
        connection: StreamConnection,
        task: str,
        rhythm: Rhythm,
        on_end: Callable[[End], None],
        *,
        is_return: bool,
    ) -> None:
        self.connection = connection
        self.task = task
        self.rhythm = rhythm
        self.on_end = on_end
        self.is_new = True
        self.is_return = is_return
        self.end = End.CUT
        """How the stream ended, if it ends now."""
        self.punctuality = Punctuality()
        self.failure = ""
        """The code that the target sent in an `error` event."""
        self.watcher: Any = None


class HeldStreams:
    """The streams of one user. `period` is that of heartbeats, `late_from` the lateness of a violation."""

    def __init__(self, recorder: UserRecorder, period: float, late_from: float = 1.0) -> None:
        self._late_from = late_from
        self._recorder = recorder
        self._pulse = recorder.whole.pulse
        self._period = period
        self._held: set[_Held] = set()

    def __len__(self) -> int:
        return len(self._held)

    def hold(
        self, connection: StreamConnection, task: str, on_end: Callable[[End], None], *, is_return: bool
    ) -> None:
        """Watch an opened stream of a task. `on_end` is called when the server ends it."""
        held = _Held(
            connection, task, Rhythm.of_stream(connection.opened, self._period), on_end, is_return=is_return
        )
        self._held.add(held)
        self._recorder.stream_opened()
        # The parser already has what came together with the head of the answer.
        self._hear(held)
        if held in self._held:
            held.watcher = get_hub().loop.io(connection.fileno(), 1)
            held.watcher.start(self._hear, held)

    def sweep(self) -> None:
        """Count heartbeats that are a whole period late as missed. Call it about every second.

        Does nothing while data may lie unread in the sockets, because the heartbeats may be there.
        """
        now = monotonic()
        if self._pulse.behind(now) > BEHIND:
            return
        for held in self._held:
            for lateness in held.rhythm.missed(now):
                self._note(held, self._recorder.whole.overdue(lateness, now, whole=True))
                self._incident(held, Kind.MISSED, "a heartbeat did not come within a period", lateness)

    def silent(self, now: float) -> int:
        """Return how many streams are open but have sent no heartbeat for two periods."""
        longest = 2 * self._period
        return sum(now - (held.rhythm.last or held.connection.opened) > longest for held in self._held)

    def settle(self) -> None:
        """Record what is overdue now, while the streams stay open: the judged window ends here."""
        now = monotonic()
        for held in tuple(self._held):
            if held.rhythm.overdue(now):
                self._hear(held)
                if held in self._held and (overdue := held.rhythm.overdue(now)):
                    self._note(held, self._recorder.whole.overdue(overdue, now, whole=False))
            if held in self._held:
                self._sum_up(held)

    def drop_all(self) -> None:
        """Close every stream, after reading what has arrived."""
        for held in tuple(self._held):
            self._hear(held)
            if held not in self._held:
                continue
            now = monotonic()
            overdue = held.rhythm.overdue(now)
            if overdue:
                self._recorder.whole.overdue(overdue, now, whole=False)
            self._remove(held, End.LEFT)

    def _hear(self, held: _Held) -> None:
        at = monotonic()
        for block in held.connection.receive():
            if is_heartbeat(block):
                lateness, gap = held.rhythm.beat(at)
                corrected = self._recorder.whole.heartbeat(lateness, at, gap)
                self._note(held, corrected)
                if corrected > self._late_from:
                    self._incident(held, Kind.LATE, f"a heartbeat came {corrected:.3g} s late", corrected)
            elif block.event is not None:
                if held.end is End.CUT and ends_the_stream(block):
                    held.failure = failure(block)
                    held.end = End.FAILED if held.failure else End.EARLY
                self._event(held, block.event.type, at)
        if held.connection.at_end:
            self._ended(held)

    def _note(self, held: _Held, lateness: float) -> None:
        if self._recorder.whole.phase is Phase.JUDGED:
            held.punctuality.note(lateness, self._late_from)

    def _sum_up(self, held: _Held) -> None:
        """Record how punctual a stream was in the judged time, which ends for it."""
        it, held.punctuality = held.punctuality, Punctuality()
        if not it.count:
            return
        self._recorder.whole.stream_timed(it.mean, is_late=it.is_late)

    def _event(self, held: _Held, name: str, at: float) -> None:
        waited = at - held.connection.asked
        if not held.is_return:
            if held.is_new:
                self._recorder.sample("first_event", waited)
            held.is_new = False
        elif name == "history_done":
            # After a wave all streams return at the same time. That does not show a single reader's wait.
            self._recorder.sample("catch_up", waited)

    def _ended(self, held: _Held) -> None:
        after = f"{monotonic() - held.connection.opened:.3g} s after it opened"
        reason = {
            End.CUT: "cut without done or error",
            End.FAILED: f"ended with error {held.failure}",
            End.EARLY: "ended early, with done",
        }[held.end]
        if held.end is End.CUT:
            self._incident(held, Kind.CUT, f"the stream ended {after}")
        elif held.end is End.FAILED:
            self._incident(held, Kind.FAILED, f"the stream ended with error {held.failure} {after}")
        self._remove(held, held.end, reason)
        held.on_end(held.end)

    def _incident(self, held: _Held, kind: Kind, says: str, seconds: float = 0.0) -> None:
        connection = held.connection
        self._recorder.whole.incident(
            kind, task=held.task, stream=connection.ours, says=says, near=connection.raw, seconds=seconds
        )

    def _remove(self, held: _Held, end: End, reason: str = "") -> None:
        if held.watcher is not None:
            held.watcher.stop()
            held.watcher.close()
        held.connection.close()
        self._held.discard(held)
        self._sum_up(held)
        self._recorder.stream_closed(end, reason)
