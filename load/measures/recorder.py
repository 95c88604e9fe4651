"""Everything one process has measured; a worker hands over what is new, the master adds it up.

`take` empties, `merge` adds: what all workers gave away plus what they still hold is what all of them
measured, to the last count.

While users rise, times are kept apart: they tell how fast we came, not how the target stands. While users
leave, everything is: a target that a thousand readers leave at once is not the one that was asked about.
What overlaps a stall of this process is kept apart as well, in any phase.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic, time
from typing import Any

from sigmic_conformance.load.measures.accounting import OPERATION, End
from sigmic_conformance.load.measures.catalogue import COUNTS, DISTRIBUTIONS, Measure
from sigmic_conformance.load.measures.errors import Errors
from sigmic_conformance.load.measures.evidence import Evidence, Kind
from sigmic_conformance.load.measures.findings import Findings
from sigmic_conformance.load.measures.health import Health
from sigmic_conformance.load.measures.histogram import Histogram
from sigmic_conformance.load.measures.pulse import STILL, TICK, Pulse
from sigmic_conformance.load.measures.timeline import Timeline

Wire = dict[str, Any]


class Phase(StrEnum):
    """Where a run is: its users come, its target is judged, its users go."""

    RISING = "rising"
    JUDGED = "judged"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Distributions and counts by name; a name that never occurred is absent."""

    distributions: dict[str, Histogram] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    users: dict[str, "Numbers"] = field(default_factory=dict)
    """The same of one user class alone, by its name: of measures that several classes make."""

    def distribution(self, name: str) -> Histogram:
        """Return a distribution; an empty one when nothing was measured."""
        return self.distributions.get(name) or Histogram()

    def add(self, name: str, value: float) -> None:
        """Take one value of a distribution."""
        histogram = self.distributions.get(name)
        if histogram is None:
            histogram = self.distributions[DISTRIBUTIONS[name].name] = Histogram()
        histogram.add(max(0.0, value))

    def count(self, name: str) -> int:
        """Return a count."""
        return self.counts.get(name, 0)

    def grow(self, name: str, times: int) -> None:
        """Let a count grow."""
        self.counts[name] = self.counts.get(name, 0) + times

    def of(self, measure: Measure, user: str) -> "Numbers":
        """Return those that a user class has made of a measure: these, when no other class makes it."""
        return (self.users.get(user) or Numbers()) if user and measure.is_shared else self

    def each(self, measure: Measure, user: str) -> "tuple[Numbers, ...]":
        """Return where what a class measures is to be added: here, and to its own if others make it too."""
        if user and measure.is_shared:
            return self, self.users.setdefault(user, Numbers())
        return (self,)

    def merge(self, other: "Numbers") -> None:
        """Add those of another process."""
        for name, histogram in other.distributions.items():
            self.distributions.setdefault(name, Histogram()).merge(histogram)
        for name, times in other.counts.items():
            self.grow(name, times)
        for user, theirs in other.users.items():
            self.users.setdefault(user, Numbers()).merge(theirs)

    def copy(self) -> "Numbers":
        """Return the same numbers, apart."""
        copied = Numbers()
        copied.merge(self)
        return copied

    def since(self, earlier: "Numbers") -> "Numbers":
        """Return what came after `earlier`, a former state of these."""
        return Numbers(
            {name: it.since(earlier.distribution(name)) for name, it in self.distributions.items()},
            {name: times - earlier.count(name) for name, times in self.counts.items()},
            {user: it.since(earlier.users.get(user) or Numbers()) for user, it in self.users.items()},
        )

    def to_wire(self) -> Wire:
        """Return them as plain values that JSON and msgpack carry."""
        return {
            "distributions": {name: it.to_wire() for name, it in sorted(self.distributions.items())},
            "counts": dict(sorted(self.counts.items())),
            "users": {user: it.to_wire() for user, it in sorted(self.users.items())},
        }

    @classmethod
    def from_wire(cls, wire: Wire) -> "Numbers":
        """Return what `to_wire` was told of."""
        return cls(
            {name: Histogram.from_wire(it) for name, it in wire["distributions"].items()},
            dict(wire["counts"]),
            {user: cls.from_wire(it) for user, it in wire["users"].items()},
        )


class Recorder:
    """Takes what users measure.

    `wall` gives the epoch time, `clock` the monotonic one, `hidden` texts are in no evidence.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time,
        hidden: tuple[str, ...] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._wall = wall
        self._clock = clock
        self.pulse = Pulse()
        """When this process could measure."""
        self._hidden = hidden
        self.clear()

    def clear(self) -> None:
        """Begin again: nothing has been measured."""
        self.phase = Phase.JUDGED
        self.numbers = Numbers()
        """What objectives are judged on."""
        self.outside = Numbers()
        """Times of the rising phase, and all of the leaving one."""
        self.timeline = Timeline()
        self.errors = Errors()
        self.evidence = Evidence(self._hidden)
        self.given = Numbers()
        """All that `take` gave away."""
        self.health = Health()
        """Of this process."""
        self._over: dict[str, float] = {}
        self.streams_open = 0
        """Streams that are open now, here and wherever merged numbers came from."""

    def of(self, user: str) -> "UserRecorder":
        """Return what users of one class tell what they measure."""
        return UserRecorder(self, user)

    def sample(self, name: str, value: float, user: str = "") -> None:
        """Take one value of a distribution, as a user of that class measured it."""
        row = DISTRIBUTIONS[name]
        self._put(name, value, user, is_measured=row.unit != "s" or not self.stood_still(value))

    def _put(self, name: str, value: float, user: str = "", *, is_measured: bool = True) -> None:
        numbers = self.numbers if self.phase is Phase.JUDGED and is_measured else self.outside
        for each in numbers.each(DISTRIBUTIONS[name], user):
            each.add(name, value)

    def count(self, name: str, times: int = 1, user: str = "", seconds: float | None = None) -> None:
        """Let a count grow. `seconds` is how long that took which is counted, where a stall excuses it."""
        row = COUNTS[name]
        is_judged = self.phase is Phase.JUDGED or (self.phase is Phase.RISING and not row.is_timed)
        if seconds is not None and self.stood_still(seconds):
            is_judged = False
        for each in (self.numbers if is_judged else self.outside).each(row, user):
            each.grow(name, times)

    def stood_still(self, seconds: float) -> bool:
        """Tell whether this process stood still at any time in the last `seconds`."""
        now = self._clock()
        return self.pulse.stood_still(now - seconds, now)

    def failed(self, operation: str, reason: str) -> None:
        """Take why something failed; that it did is counted by its own measure."""
        self.errors.note(operation, reason, self._wall())

    def stream_requested(self, user: str = "") -> None:
        """A stream is asked for."""
        self.count("streams_requested", user=user)
        self.timeline.at(self._wall()).requested += 1

    def stream_not_opened(self, reason: str, seconds: float, user: str = "", *, is_answered: bool) -> None:
        """A stream that was asked for so long ago did not open."""
        self.failed(OPERATION, reason)
        name = "streams_refused" if is_answered else "streams_unanswered"
        self.count("streams_refused_unmeasured" if self.stood_still(seconds) else name, user=user)

    def stream_opened(self, user: str = "") -> None:
        """A stream answered 200."""
        self.count("streams_opened", user=user)
        self.timeline.at(self._wall()).opened += 1
        self.streams_open += 1

    def stream_closed(self, end: End, reason: str = "", user: str = "") -> None:
        """A stream that was opened is no more. `reason` says why the target ended what was to continue."""
        is_unmeasured = end.is_by_target and self.stood_still(TICK)
        self.count("streams_cut_unmeasured" if is_unmeasured else end.value, user=user)
        moment = self.timeline.at(self._wall())
        moment.closed += 1
        moment.ended += end is not End.LEFT
        self.streams_open -= 1
        if reason and self.phase is not Phase.LEAVING:
            self.failed(OPERATION, reason)

    def stood(self, seconds: float, held: int, missing: int, returning: int) -> None:
        """Take how the streams that users want stood for so many seconds."""
        moment = self.timeline.at(self._wall())
        moment.held += held * seconds
        moment.missing += missing * seconds
        moment.returning += returning * seconds
        self._whole("stream_seconds_held", held * seconds)
        self._whole("stream_seconds_wanted", (held + missing) * seconds)

    def _whole(self, name: str, more: float) -> None:
        """Counts are whole: what is over waits for the next time."""
        whole, self._over[name] = divmod(self._over.get(name, 0.0) + more, 1.0)
        if whole:
            self.count(name, int(whole))

    def heartbeat(self, lateness: float, at: float, gap: float | None) -> float:
        """Take a heartbeat, read at `at`, `lateness` seconds after it was due; returns that corrected."""
        lag = self.pulse.behind(at)
        # What came at some time in a stall is late only if it was late before the stall.
        is_measured = lag < STILL or lateness > lag
        self.count("heartbeats", seconds=None if is_measured else lag)
        if gap is not None:
            self.sample("heartbeat_gap", gap)
        return self._lateness(lateness, lag, is_measured=is_measured)

    def overdue(self, lateness: float, at: float, *, whole: bool) -> float:
        """Take a heartbeat that has not come: `whole` when a period has passed, else the stream ended.

        Returns the lateness corrected.
        """
        lag = self.pulse.behind(at)
        is_measured = lag < STILL or lateness > lag
        if whole:
            self.count("heartbeats_missed", seconds=None if is_measured else lag)
        return self._lateness(lateness, lag, is_measured=is_measured)

    def stream_timed(self, mean: float | None, *, is_late: bool) -> None:
        """Take how late the heartbeats of one stream were; None of too few for a mean."""
        self.count("streams_timed")
        self.count("streams_late", int(is_late))
        if mean is not None:
            # Each heartbeat of it was corrected: a stall that lasts now does not leave it out.
            self._put("stream_lateness", mean)

    def incident(
        self, kind: Kind, *, task: str, stream: str, says: str, near: bytes, seconds: float = 0.0
    ) -> None:
        """Take what is needed to follow up a violation; while users leave nothing is one."""
        if self.phase is not Phase.LEAVING:
            self.evidence.note(
                kind, at=self._wall(), task=task, stream=stream, says=says, near=near, seconds=seconds
            )

    def compared(self, connections: int, found: Findings) -> None:
        """Take what was wrong with so many connections of one task."""
        self.count("connections_checked", connections)
        self.count("events_lost", found.lost)
        self.count("events_doubled", found.doubled)
        self.count("events_out_of_order", found.out_of_order)
        moment = self.timeline.at(self._wall())
        moment.lost += found.lost
        moment.doubled += found.doubled
        moment.out_of_order += found.out_of_order

    def client_lag(self, lag: float) -> None:
        """Take how late our own loop is; a late ring counts as those that were due before it as well."""
        self._put("client_lag", lag)
        for missed in range(1, int(lag / TICK) + 1):
            self._put("client_lag", lag - missed * TICK)
        moment = self.timeline.at(self._wall())
        moment.lag = max(moment.lag, lag)
        self.health.lag_most = max(self.health.lag_most, lag)

    def caught_up(self) -> None:
        """Everything that came was read: a stall may have ended."""
        self._stalled(self.pulse.caught_up(self._clock()))

    def cut_stall(self) -> None:
        """The judged time ends, a stall perhaps does not: what there was of it belongs to this time."""
        self._stalled(self.pulse.cut(self._clock()))

    def _stalled(self, stall: tuple[float, float] | None) -> None:
        if stall is None:
            return
        seconds = stall[1] - stall[0]
        end = self._wall()
        self.health.stood_still(end - seconds, seconds, is_judged=self.phase is Phase.JUDGED)
        self.timeline.stood_still(end - seconds, end)

    def _lateness(self, lateness: float, lag: float, *, is_measured: bool) -> float:
        corrected = max(0.0, lateness - lag)
        self._put("heartbeat_lateness", lateness, is_measured=is_measured)
        self._put("heartbeat_lateness_corrected", corrected, is_measured=is_measured)
        if is_measured:
            self.timeline.at(self._wall()).lateness.add(corrected)
        return corrected

    def take(self) -> Wire:
        """Give away what is new since the last time."""
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
        """Add what another process gave away; returns how many more streams it holds than it did."""
        self.numbers.merge(Numbers.from_wire(wire["numbers"]))
        self.outside.merge(Numbers.from_wire(wire["outside"]))
        self.errors.merge(wire["errors"])
        self.evidence.merge(wire["evidence"])
        timeline = Timeline.from_wire(wire["timeline"])
        self.timeline.merge(timeline)
        grown = sum(it.opened - it.closed for it in timeline.moments.values())
        self.streams_open += grown
        return grown

    def move_streams(self, number: int, at: float) -> None:
        """Take streams that went with the whole process that held them (below 0), or did not go after all."""
        self.timeline.at(at).closed -= number
        self.streams_open += number


@dataclass(frozen=True, slots=True)
class UserRecorder:
    """The recorder, as users of one class see it: what they measure is kept for their class, too."""

    whole: Recorder
    user: str

    def sample(self, name: str, value: float) -> None:
        """Take one value of a distribution."""
        self.whole.sample(name, value, self.user)

    def count(self, name: str, times: int = 1, seconds: float | None = None) -> None:
        """Let a count grow."""
        self.whole.count(name, times, self.user, seconds)

    def stream_requested(self) -> None:
        """A stream is asked for."""
        self.whole.stream_requested(self.user)

    def stream_not_opened(self, reason: str, seconds: float, *, is_answered: bool) -> None:
        """A stream that was asked for so long ago did not open."""
        self.whole.stream_not_opened(reason, seconds, self.user, is_answered=is_answered)

    def stream_opened(self) -> None:
        """A stream answered 200."""
        self.whole.stream_opened(self.user)

    def stream_closed(self, end: End, reason: str = "") -> None:
        """A stream that was opened is no more."""
        self.whole.stream_closed(end, reason, self.user)
