"""Everything one process has measured; a worker hands over what is new, the master adds it up.

`take` empties, `merge` adds: what all workers gave away plus what they still hold is what all of them
measured, to the last count.

While users rise, times are kept apart: they tell how fast we came, not how the target stands. While users
leave, everything is: a target that a thousand readers leave at once is not the one that was asked about.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from time import time
from typing import Any

from sigmic_conformance.load.measures.catalogue import COUNTS, DISTRIBUTIONS, Measure
from sigmic_conformance.load.measures.errors import Errors
from sigmic_conformance.load.measures.evidence import Evidence, Kind
from sigmic_conformance.load.measures.findings import Findings
from sigmic_conformance.load.measures.histogram import Histogram
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
    """Takes what users measure. `wall` gives the epoch time, `hidden` texts are in no evidence."""

    def __init__(self, wall: Callable[[], float] = time, hidden: tuple[str, ...] = ()) -> None:
        self._wall = wall
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
        self._over: dict[str, float] = {}
        self.streams_open = 0
        """Streams that are open now, here and wherever merged numbers came from."""

    def of(self, user: str) -> "UserRecorder":
        """Return what users of one class tell what they measure."""
        return UserRecorder(self, user)

    def sample(self, name: str, value: float, user: str = "") -> None:
        """Take one value of a distribution, as a user of that class measured it."""
        numbers = self.numbers if self.phase is Phase.JUDGED else self.outside
        for each in numbers.each(DISTRIBUTIONS[name], user):
            each.add(name, value)

    def count(self, name: str, times: int = 1, user: str = "") -> None:
        """Let a count grow."""
        row = COUNTS[name]
        is_judged = self.phase is Phase.JUDGED or (self.phase is Phase.RISING and not row.is_timed)
        for each in (self.numbers if is_judged else self.outside).each(row, user):
            each.grow(name, times)

    def failed(self, operation: str, reason: str) -> None:
        """Take why something failed; that it did is counted by its own measure."""
        self.errors.note(operation, reason, self._wall())

    def stream_opened(self, user: str = "") -> None:
        """A stream answered 200."""
        self.count("streams_opened", user=user)
        self.timeline.at(self._wall()).opened += 1
        self.streams_open += 1

    def stream_closed(self) -> None:
        """A stream that was opened is no more, whoever ended it."""
        self.timeline.at(self._wall()).closed += 1
        self.streams_open -= 1

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

    def heartbeat(self, lateness: float, lag: float, gap: float | None) -> None:
        """Take a heartbeat that came `lateness` seconds after it was due while we were `lag` seconds late."""
        self.count("heartbeats")
        self._lateness(lateness, lag)
        if gap is not None:
            self.sample("heartbeat_gap", gap)

    def overdue(self, lateness: float, lag: float, *, whole: bool) -> None:
        """Take a heartbeat that has not come: `whole` when a period has passed, else the stream ended."""
        if whole:
            self.count("heartbeats_missed")
        self._lateness(lateness, lag)

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
        """Take how late our own loop is."""
        self.sample("client_lag", lag)
        moment = self.timeline.at(self._wall())
        moment.lag = max(moment.lag, lag)

    def _lateness(self, lateness: float, lag: float) -> None:
        corrected = max(0.0, lateness - lag)
        self.sample("heartbeat_lateness", lateness)
        self.sample("heartbeat_lateness_corrected", corrected)
        self.timeline.at(self._wall()).lateness.add(corrected)

    def take(self) -> Wire:
        """Give away what is new since the last time."""
        wire = {
            "numbers": self.numbers.to_wire(),
            "outside": self.outside.to_wire(),
            "timeline": self.timeline.to_wire(),
            "errors": self.errors.to_wire(),
            "evidence": self.evidence.to_wire(),
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

    def move_streams(self, number: int) -> None:
        """Take streams that came (above 0) or went (below) with the whole process that held them."""
        moment = self.timeline.at(self._wall())
        moment.opened += max(0, number)
        moment.closed += max(0, -number)
        self.streams_open += number


@dataclass(frozen=True, slots=True)
class UserRecorder:
    """The recorder, as users of one class see it: what they measure is kept for their class, too."""

    whole: Recorder
    user: str

    def sample(self, name: str, value: float) -> None:
        """Take one value of a distribution."""
        self.whole.sample(name, value, self.user)

    def count(self, name: str, times: int = 1) -> None:
        """Let a count grow."""
        self.whole.count(name, times, self.user)

    def stream_opened(self) -> None:
        """A stream answered 200."""
        self.whole.stream_opened(self.user)
