"""Many idle streams of one user, watched by the event loop instead of one greenlet each.

A stream costs a socket, a parser and a watcher. Its heartbeats are timed in the turn of the loop in which
their bytes arrive. Callbacks run on the loop and never block, and none reads for long: a stream that sends
more than it may is read slowly, and named.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from gevent import get_hub

from sigmic_load.measures.accounting import End
from sigmic_load.measures.evidence import Kind
from sigmic_load.measures.pulse import BEHIND
from sigmic_load.measures.punctuality import Punctuality
from sigmic_load.measures.recorder import Phase, UserRecorder
from sigmic_load.streams.connection import StreamConnection, failure, is_heartbeat, payload
from sigmic_load.streams.rhythm import Rhythm

BURST, RATE = 2000, 100
"""Events and kilobytes, and those a second, that a stream may send. A history fits; a flood doesn't."""
PAUSE = 0.25
"""Seconds between two reads of a stream that sends more."""


@dataclass(eq=False, slots=True)
class _Held:
    connection: StreamConnection
    rhythm: Rhythm
    on_end: Callable[[End], None]
    is_return: bool
    is_new: bool = True
    is_noisy: bool = False
    wrongs: int = 0
    blocks: int = 0
    punctuality: Punctuality = field(default_factory=Punctuality)
    watcher: Any = None
    """Calls us when bytes come; of a noisy stream, when its pause is over."""

    @property
    def age(self) -> float:
        return monotonic() - self.connection.opened


class HeldStreams:
    """The streams of one user. `period` is that of heartbeats, `late_from` the lateness of a violation.

    `tell` is called with the lateness of each heartbeat, in seconds, corrected.
    """

    def __init__(
        self,
        recorder: UserRecorder,
        period: float,
        late_from: float = 1.0,
        tell: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._late_from = late_from
        self._recorder = recorder
        self._pulse = recorder.whole.pulse
        self._period = period
        self._tell = tell
        self._held: set[_Held] = set()

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, connection: StreamConnection, on_end: Callable[[End], None], *, is_return: bool) -> None:
        """Watch an opened stream. `on_end` is called when the target ends it."""
        held = _Held(connection, Rhythm(connection.opened, self._period), on_end, is_return)
        self._held.add(held)
        self._recorder.stream_opened()
        # The parser already has what came together with the head of the answer.
        self._hear(held)
        if held in self._held and held.watcher is None:
            self._listen(held)

    def sweep(self) -> None:
        """Count heartbeats that are a whole period late as missed. Call it about every second.

        Does nothing while data may lie unread in the sockets, because the heartbeats may be there.
        """
        now = monotonic()
        if self._pulse.behind(now) > BEHIND:
            return
        for held in self._held:
            self._miss(held, held.rhythm.missed(now), now)

    def silent(self, now: float) -> int:
        """Return how many streams are open but have sent no heartbeat for two periods."""
        return sum(self._is_silent(held, now) for held in self._held)

    def settle(self) -> None:
        """Record what is overdue now, while the streams stay open: the judged window ends here."""
        for held in tuple(self._held):
            if held.rhythm.overdue(monotonic()):
                self._hear(held)
            if held in self._held:
                self._note_overdue(held)
                self._sum_up(held)

    def drop_all(self) -> None:
        """Close every stream, after reading what has arrived."""
        for held in tuple(self._held):
            self._hear(held)
            if held in self._held:
                self._note_overdue(held)
                self._remove(held, held.connection.life.left(is_silent=self._is_silent(held, monotonic())))

    def _is_silent(self, held: _Held, now: float) -> bool:
        return now - held.rhythm.last > 2 * self._period

    def _note_overdue(self, held: _Held) -> None:
        now = monotonic()
        if overdue := held.rhythm.overdue(now):
            self._note(held, self._recorder.whole.overdue(overdue, now, whole=False))

    def _listen(self, held: _Held) -> None:
        held.watcher = get_hub().loop.io(held.connection.fileno(), 1)
        held.watcher.start(self._hear, held)

    def _pause(self, held: _Held) -> None:
        """Read a noisy stream again later; its bytes stay in the socket, which slows its sender."""
        self._ignore(held)
        held.watcher = get_hub().loop.timer(PAUSE)
        held.watcher.start(self._hear_again, held)
        if held.is_noisy:
            return
        held.is_noisy = True
        self._recorder.count("streams_noisy")
        connection = held.connection
        sent = f"{held.blocks} events and comments, {connection.received / 1e6:.1f} MB"
        says = f"it sent {sent} in {held.age:.1f} s, and is read slowly"
        self._incident(held, Kind.NOISY, says)

    def _hear_again(self, held: _Held) -> None:
        self._ignore(held)
        self._listen(held)
        self._hear(held)

    @staticmethod
    def _ignore(held: _Held) -> None:
        if held.watcher is not None:
            held.watcher.stop()
            held.watcher.close()
            held.watcher = None

    def _hear(self, held: _Held) -> None:
        at = monotonic()
        connection, life = held.connection, held.connection.life
        blocks = connection.receive()
        held.blocks += len(blocks)
        for block in blocks:
            if is_heartbeat(block):
                life.heartbeat()
                self._beat(held, at)
            elif block.event is not None:
                life.event(block.event.type, payload(block), failure(block))
                self._event(held, block.event.type, at)
        for problem in life.wrong[held.wrongs :]:
            self._incident(held, Kind.WRONG, problem)
            self._recorder.count("streams_wrong", int(not held.wrongs))
            held.wrongs += 1
        if connection.at_end or life.failure:
            self._ended(held)
        elif held.blocks + connection.received / 1000 > BURST + RATE * held.age:
            self._pause(held)

    def _beat(self, held: _Held, at: float) -> None:
        lag = self._pulse.behind(at)
        beat = held.rhythm.beat(at, lag)
        self._miss(held, beat.missed, at)
        corrected = self._recorder.whole.heartbeat(beat.lateness, at, beat.gap)
        self._note(held, corrected)
        self._tell(corrected)
        if beat.gap is not None and self._recorder.whole.phase is Phase.JUDGED:
            held.punctuality.note_gap(beat.gap, beat.periods)
        if corrected > self._late_from:
            self._incident(held, Kind.LATE, f"a heartbeat came {corrected:.3g} s late", corrected)

    def _miss(self, held: _Held, missed: "tuple[float, ...] | list[float]", now: float) -> None:
        for lateness in missed:
            self._note(held, self._recorder.whole.overdue(lateness, now, whole=True))
            self._incident(held, Kind.MISSED, "a heartbeat did not come within a period", lateness)

    def _note(self, held: _Held, lateness: float) -> None:
        if self._recorder.whole.phase is Phase.JUDGED:
            held.punctuality.note(lateness, self._late_from)

    def _sum_up(self, held: _Held) -> None:
        """Record how punctual a stream was in the judged time, which ends for it."""
        it, held.punctuality = held.punctuality, Punctuality()
        if it.count:
            self._recorder.whole.stream_timed(it)

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
        life = held.connection.life
        end = life.ended(is_whole=held.connection.is_whole)
        after = f"{held.age:.3g} s after it opened"
        match end:
            case End.FAILED:
                reason = f"ended with error {life.failure}"
                self._incident(held, Kind.FAILED, f"the stream {reason} {after}")
            case End.DONE:
                end, reason = End.EARLY, f"ended early, {life.last_words}"
            case _:
                reason = "closed without done or error" if end is End.CLOSED else "cut"
                self._incident(held, Kind.CUT, f"the stream was {reason} {after}")
        self._remove(held, end, reason)
        held.on_end(end)

    def _incident(self, held: _Held, kind: Kind, says: str, seconds: float = 0.0) -> None:
        connection = held.connection
        self._recorder.whole.incident(
            kind,
            task=connection.life.task,
            stream=connection.ours,
            says=says,
            near=connection.raw,
            seconds=seconds,
        )

    def _remove(self, held: _Held, end: End, reason: str = "") -> None:
        self._ignore(held)
        held.connection.close()
        self._held.discard(held)
        self._sum_up(held)
        self._recorder.stream_closed(end, reason)
