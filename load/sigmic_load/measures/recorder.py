"""Everything that one process has measured. A worker hands over what is new; the master adds it up.

`take` empties, `merge` adds: what all workers handed over plus what they still hold is exactly what all of
them measured.

While users rise, times are stored separately: they depend on our rate, not on the target. While users leave,
everything is: a target that a thousand readers leave at the same time is not in the state under test.

No time disappears because this process was late: it is judged by its lower bound, the time less that in which
the process was behind. Only a time that lies in a stall altogether bounds nothing, and is counted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import Any

from sigmic_load.measures.accounting import OPERATION, End
from sigmic_load.measures.catalogue import COUNTS, DISTRIBUTIONS, Measure, add_measure
from sigmic_load.measures.clock import now as wall_now
from sigmic_load.measures.errors import Errors
from sigmic_load.measures.evidence import Evidence, Kind
from sigmic_load.measures.findings import Findings
from sigmic_load.measures.health import Health
from sigmic_load.measures.histogram import Histogram
from sigmic_load.measures.pulse import BEHIND, STILL, TICK, Pulse
from sigmic_load.measures.punctuality import Punctuality
from sigmic_load.measures.timeline import Timeline

Wire = dict[str, Any]
WAITED = 1.0
"""Seconds. A request without an answer is an answer of at least its wait, unless it failed sooner."""


class Phase(StrEnum):
    """The phase of a run: its users come, its target is judged, its users go."""

    RISING = "rising"
    JUDGED = "judged"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Distributions and counts by name. A name without values is absent."""

    distributions: dict[str, Histogram] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    users: dict[str, "Numbers"] = field(default_factory=dict)
    """The same numbers of single user classes, by class: only of measures that several classes record."""

    def distribution(self, name: str) -> Histogram:
        """Return a distribution; an empty one if nothing was measured."""
        return self.distributions.get(name) or Histogram()

    def add(self, name: str, value: float) -> None:
        """Record one value of a distribution."""
        histogram = self.distributions.get(name)
        if histogram is None:
            histogram = self.distributions[DISTRIBUTIONS[name].name] = Histogram()
        histogram.add(max(0.0, value))

    def count(self, name: str) -> int:
        """Return a count."""
        return self.counts.get(name, 0)

    def grow(self, name: str, times: int) -> None:
        """Increase a count."""
        self.counts[name] = self.counts.get(name, 0) + times

    def of(self, measure: Measure, user: str) -> "Numbers":
        """Return the numbers of a user class for a measure: these, if no other class records it."""
        return (self.users.get(user) or Numbers()) if user and measure.is_shared else self

    def each(self, measure: Measure, user: str) -> "tuple[Numbers, ...]":
        """Return all numbers that a class adds to: these, and its own if other classes record it too."""
        if user and measure.is_shared:
            return self, self.users.setdefault(user, Numbers())
        return (self,)

    def merge(self, other: "Numbers") -> None:
        """Add the numbers of another process."""
        for name, histogram in other.distributions.items():
            self.distributions.setdefault(name, Histogram()).merge(histogram)
        for name, times in other.counts.items():
            self.grow(name, times)
        for user, theirs in other.users.items():
            self.users.setdefault(user, Numbers()).merge(theirs)

    def copy(self) -> "Numbers":
        """Return an independent copy."""
        copied = Numbers()
        copied.merge(self)
        return copied

    def since(self, earlier: "Numbers") -> "Numbers":
        """Return the numbers after `earlier`, a former state of these."""
        return Numbers(
            {name: it.since(earlier.distribution(name)) for name, it in self.distributions.items()},
            {name: times - earlier.count(name) for name, times in self.counts.items()},
            {user: it.since(earlier.users.get(user) or Numbers()) for user, it in self.users.items()},
        )

    def to_wire(self) -> Wire:
        """Return them as plain values for JSON and msgpack."""
        return {
            "distributions": {name: it.to_wire() for name, it in sorted(self.distributions.items())},
            "counts": dict(sorted(self.counts.items())),
            "users": {user: it.to_wire() for user, it in sorted(self.users.items())},
        }

    @classmethod
    def from_wire(cls, wire: Wire) -> "Numbers":
        """Return the numbers that `to_wire` encoded."""
        return cls(
            {name: Histogram.from_wire(it) for name, it in wire["distributions"].items()},
            dict(wire["counts"]),
            {user: cls.from_wire(it) for user, it in wire["users"].items()},
        )


class Recorder:
    """Records what users measure.

    `wall` returns the epoch time, `clock` the monotonic time. `hidden` texts are masked in all evidence.
    """

    def __init__(
        self,
        wall: Callable[[], float] = wall_now,
        hidden: tuple[str, ...] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.wall = wall
        self._clock = clock
        self.pulse = Pulse()
        """Knows when this process could not measure."""
        self._hidden = hidden
        self.clear()

    def clear(self) -> None:
        """Discard everything that was measured."""
        self.phase = Phase.JUDGED
        self.numbers = Numbers()
        """The numbers that objectives are judged on."""
        self.outside = Numbers()
        """Times of the rising phase, and everything of the leaving phase."""
        self.timeline = Timeline()
        self.errors = Errors()
        self.evidence = Evidence(self._hidden)
        self.given = Numbers()
        """Everything that `take` handed over."""
        self.health = Health()
        """The health of this process."""
        self._over: dict[str, float] = {}
        self.streams_open = 0
        """Streams that are open now, here and in the processes whose numbers were merged."""

    def of(self, user: str) -> "UserRecorder":
        """Return a recorder for the users of one class."""
        return UserRecorder(self, user)

    def sample(self, name: str, value: float, user: str = "") -> None:
        """Record one value of a distribution, measured by a user of that class."""
        if DISTRIBUTIONS[name].unit != "s":
            self._put(name, value, user)
            return
        now = self._clock()
        late, still = (self.pulse.unmeasured(now - value, now, least) for least in (BEHIND, STILL))
        self._bounded(name, max(0.0, value - late), user, is_measured=not still or value > late)

    def _bounded(self, name: str, value: float, user: str = "", *, is_measured: bool) -> None:
        if not is_measured and self.phase is Phase.JUDGED:
            self.count("values_unbounded")
        self._put(name, value, user, is_measured=is_measured)

    def _put(self, name: str, value: float, user: str = "", *, is_measured: bool = True) -> None:
        numbers = self.numbers if self.phase is Phase.JUDGED and is_measured else self.outside
        for each in numbers.each(DISTRIBUTIONS[name], user):
            each.add(name, value)

    def count(self, name: str, times: int = 1, user: str = "", seconds: float | None = None) -> None:
        """Increase a count. A failure that took `seconds` is judged unless this process caused it.

        That may be so if it stood still for more than half of that time.
        """
        row = COUNTS[name]
        is_judged = self.phase is Phase.JUDGED or (self.phase is Phase.RISING and not row.is_timed)
        if seconds is not None and self.stood_still(seconds):
            is_judged = False
        for each in (self.numbers if is_judged else self.outside).each(row, user):
            each.grow(name, times)

    def stood_still(self, seconds: float) -> bool:
        """Return whether this process stood still for more than half of the last `seconds`."""
        now, seconds = self._clock(), max(seconds, TICK)
        return self.pulse.unmeasured(now - seconds, now) > seconds / 2

    def failed(self, operation: str, reason: str) -> None:
        """Record why an operation failed. A separate measure counts the failure."""
        self.errors.note(operation, reason, self.wall())

    def stood(self, seconds: float, held: int, missing: int, returning: int) -> None:
        """Record how many wanted streams were held, missing and returning for these seconds."""
        moment = self.timeline.at(self.wall())
        moment.held += held * seconds
        moment.missing += missing * seconds
        moment.returning += returning * seconds
        self._whole("stream_seconds_held", held * seconds)
        self._whole("stream_seconds_wanted", (held + missing) * seconds)

    def _whole(self, name: str, more: float) -> None:
        """Add to a whole count; the fraction is carried over to the next call."""
        whole, self._over[name] = divmod(self._over.get(name, 0.0) + more, 1.0)
        if whole:
            self.count(name, int(whole))

    def heartbeat(self, lateness: float, at: float, gap: float | None) -> float:
        """Record a heartbeat read at `at`, `lateness` seconds after it was due; return it corrected."""
        lag = self.pulse.behind(at)
        # A heartbeat that arrived during a stall is late only if it was late before the stall.
        is_measured = lag < STILL or lateness > lag
        self.count("heartbeats", seconds=None if is_measured else lag)
        if gap is not None:
            self._put("heartbeat_gap", gap)
        return self._lateness(lateness, lag, is_measured=is_measured)

    def overdue(self, lateness: float, at: float, *, whole: bool) -> float:
        """Record a missing heartbeat: `whole` if a period has passed, else the stream ended.

        Returns the corrected lateness.
        """
        lag = self.pulse.behind(at)
        is_measured = lag < STILL or lateness > lag
        if whole:
            self.count("heartbeats_missed", seconds=None if is_measured else lag)
        return self._lateness(lateness, lag, is_measured=is_measured)

    def stream_timed(self, it: Punctuality) -> None:
        """Record how punctual one stream was."""
        self.count("streams_timed")
        self.count("streams_late", int(it.is_late))
        if it.period is not None:
            self._put("stream_period", it.period)
        if it.mean is not None:
            # Each of its heartbeats was corrected, so a current stall does not exclude it.
            self._put("stream_lateness", it.mean)

    def incident(
        self, kind: Kind, *, task: str, stream: str, says: str, near: bytes, seconds: float = 0.0
    ) -> None:
        """Record the evidence of a violation. While users leave, nothing is a violation."""
        if self.phase is not Phase.LEAVING:
            self.evidence.note(
                kind, at=self.wall(), task=task, stream=stream, says=says, near=near, seconds=seconds
            )

    def compared(self, connections: int, found: Findings) -> None:
        """Record what was wrong with this number of connections of one task."""
        self.count("connections_checked", connections)
        self.count("events_lost", found.lost)
        self.count("events_doubled", found.doubled)
        self.count("events_out_of_order", found.out_of_order)
        moment = self.timeline.at(self.wall())
        moment.lost += found.lost
        moment.doubled += found.doubled
        moment.out_of_order += found.out_of_order

    def client_lag(self, lag: float) -> None:
        """Record the lag of this process's loop. A late ring counts for each ring that was due before it."""
        self._put("client_lag", lag)
        for missed in range(1, int(lag / TICK) + 1):
            self._put("client_lag", lag - missed * TICK)
        moment = self.timeline.at(self.wall())
        moment.lag = max(moment.lag, lag)
        self.health.lag_most = max(self.health.lag_most, lag)

    def caught_up(self) -> None:
        """Record that everything that arrived was read. This may end a stall."""
        self._stalled(self.pulse.caught_up(self._clock()))

    def cut_stall(self) -> None:
        """Record the stall so far, because the judged time ends and the stall may not."""
        self._stalled(self.pulse.cut(self._clock()))

    def _stalled(self, stall: tuple[float, float] | None) -> None:
        if stall is None:
            return
        seconds = stall[1] - stall[0]
        end = self.wall()
        self.health.stood_still(end - seconds, seconds, is_judged=self.phase is Phase.JUDGED)
        self.timeline.stood_still(end - seconds, end)

    def _lateness(self, lateness: float, lag: float, *, is_measured: bool) -> float:
        corrected = max(0.0, lateness - lag)
        self._put("heartbeat_lateness", lateness, is_measured=is_measured)
        self._bounded("heartbeat_lateness_corrected", corrected, is_measured=is_measured)
        if is_measured:
            self.timeline.at(self.wall()).lateness.add(corrected)
        return corrected

    def take(self) -> Wire:
        """Return what is new since the last call."""
        wire = {
            "numbers": self.numbers.to_wire(),
            "outside": self.outside.to_wire(),
            "timeline": self.timeline.to_wire(),
            "errors": self.errors.to_wire(),
            "evidence": self.evidence.to_wire(),
            "health": self.health.to_wire(),
        }
        self.given.merge(self.numbers)
        self.numbers, self.outside, self.timeline, self.errors = Numbers(), Numbers(), Timeline(), Errors()
        self.evidence = Evidence(self._hidden)
        return wire

    def merge(self, wire: Wire) -> int:
        """Add what another process handed over; return by how many its open streams grew."""
        for mine, theirs in ((self.numbers, wire["numbers"]), (self.outside, wire["outside"])):
            for name in theirs["distributions"].keys() - DISTRIBUTIONS.keys():
                add_measure(name, "", "")
            for name in theirs["counts"].keys() - COUNTS.keys():
                add_measure(name, name, "", is_count=True)
            mine.merge(Numbers.from_wire(theirs))
        self.errors.merge(wire["errors"])
        self.evidence.merge(wire["evidence"])
        timeline = Timeline.from_wire(wire["timeline"])
        self.timeline.merge(timeline)
        grown = sum(it.opened - it.closed for it in timeline.moments.values())
        self.streams_open += grown
        return grown

    def move_streams(self, number: int, at: float) -> None:
        """Move the open streams of a whole process: below 0 if it was lost, above 0 if it returned."""
        self.timeline.at(at).closed -= number
        self.streams_open += number


@dataclass(frozen=True, slots=True)
class UserRecorder:
    """The recorder for users of one class: everything is recorded for their class too."""

    whole: Recorder
    user: str

    def sample(self, name: str, value: float) -> None:
        """Record one value of a distribution; a new name is a measure of the class, without a unit."""
        if name not in DISTRIBUTIONS:
            add_measure(name, "", self.user)
        self.whole.sample(name, value, self.user)

    def count(self, name: str, times: int = 1, seconds: float | None = None) -> None:
        """Increase a count; a new name is one of the class."""
        if name not in COUNTS:
            add_measure(name, name, self.user, is_count=True)
        self.whole.count(name, times, self.user, seconds)

    def stream_requested(self) -> None:
        """Record that a stream is requested."""
        self.count("streams_requested")
        self.whole.timeline.at(self.whole.wall()).requested += 1

    def stream_not_opened(self, reason: str, seconds: float, *, is_answered: bool) -> None:
        """Record that a stream that was requested `seconds` ago did not open."""
        self.whole.failed(OPERATION, reason)
        if is_answered:
            self.count("streams_refused")
            return
        excused = self.whole.stood_still(seconds)
        self.count("streams_unanswered_unmeasured" if excused else "streams_unanswered")
        if seconds >= WAITED:
            self.sample("first_event", seconds)

    def stream_opened(self) -> None:
        """Record that a stream was answered with 200."""
        self.count("streams_opened")
        self.whole.timeline.at(self.whole.wall()).opened += 1
        self.whole.streams_open += 1

    def stream_closed(self, end: End, reason: str = "") -> None:
        """Record the end of an open stream. `reason` says why the target ended one that was to continue."""
        is_unmeasured = end.may_be_ours and self.whole.stood_still(TICK)
        self.count("streams_cut_unmeasured" if is_unmeasured else end.value)
        moment = self.whole.timeline.at(self.whole.wall())
        moment.closed += 1
        moment.ended += end is not End.LEFT
        self.whole.streams_open -= 1
        if reason and self.whole.phase is not Phase.LEAVING:
            self.whole.failed(OPERATION, reason)
