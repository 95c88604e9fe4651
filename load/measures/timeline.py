"""The timeline of a run: one moment a second, by the machine's clock, so that workers' moments add up.

Streams are kept as openings and closings, not as a number: how many are open is then a sum, exact for any
number of workers. The moments of machines whose clocks differ are shifted by that difference, no more.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from sigmic_conformance.load.measures.histogram import Histogram

WIDTH = 1.0
"""Seconds of one moment."""


@dataclass(slots=True)
class Moment:
    """One second."""

    requested: int = 0
    """Streams that were asked for."""
    opened: int = 0
    closed: int = 0
    ended: int = 0
    """Of those closed, the ones that we did not leave."""
    lateness: Histogram = field(default_factory=Histogram)
    """Heartbeats of this second, corrected."""
    lag: float = 0.0
    """The most that a load generator was late."""
    unmeasured: float = 0.0
    """Seconds of this one in which a load generator stood still, of all of them together."""
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    """What the connections compared in this second had lost, heard too often, or in the wrong place."""
    held: float = 0.0
    missing: float = 0.0
    returning: float = 0.0
    """Of the streams that users want: seconds held, missing by the target's doing, or by our wave."""

    def merge(self, other: "Moment") -> None:
        """Add what another process saw in the same second."""
        self.requested += other.requested
        self.opened += other.opened
        self.closed += other.closed
        self.ended += other.ended
        self.lateness.merge(other.lateness)
        self.lag = max(self.lag, other.lag)
        self.unmeasured += other.unmeasured
        self.lost += other.lost
        self.doubled += other.doubled
        self.out_of_order += other.out_of_order
        self.held += other.held
        self.missing += other.missing
        self.returning += other.returning


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a target told of itself at `at`; `cpu` is a share of one core."""

    at: float
    cpu: float | None
    memory: float | None


@dataclass(slots=True)
class Timeline:
    """Moments by their second since the epoch."""

    moments: dict[int, Moment] = field(default_factory=dict)

    def at(self, now: float) -> Moment:
        """Return the moment of an epoch time."""
        second = int(now / WIDTH)
        moment = self.moments.get(second)
        if moment is None:
            moment = self.moments[second] = Moment()
        return moment

    def stood_still(self, start: float, end: float) -> None:
        """Take a stall of a load generator, in epoch seconds; its lag grows from second to second."""
        for second in range(int(start / WIDTH), int(end / WIDTH) + 1):
            until = min(end, (second + 1) * WIDTH)
            moment = self.at(second * WIDTH)
            moment.unmeasured += max(0.0, until - max(start, second * WIDTH))
            moment.lag = max(moment.lag, until - start)

    def merge(self, other: "Timeline") -> None:
        """Add what another process saw."""
        for second, moment in other.moments.items():
            self.at(second * WIDTH).merge(moment)

    def open_streams(self) -> Iterator[tuple[int, int]]:
        """Yield every second from the first to the last with the streams open at its end."""
        if not self.moments:
            return
        open_now = 0
        for second in range(min(self.moments), max(self.moments) + 1):
            moment = self.moments.get(second)
            if moment is not None:
                open_now += moment.opened - moment.closed
            yield second, open_now

    def to_wire(self) -> list[Any]:
        """Return it as plain values that JSON and msgpack carry."""
        return [
            {"second": second, **asdict(moment), "lateness": moment.lateness.to_wire()}
            for second, moment in sorted(self.moments.items())
        ]

    @classmethod
    def from_wire(cls, wire: list[Any]) -> Self:
        """Return what `to_wire` was told of."""
        moments = {}
        for each in wire:
            fields = {name: value for name, value in each.items() if name != "second"}
            fields["lateness"] = Histogram.from_wire(each["lateness"])
            moments[int(each["second"])] = Moment(**fields)
        return cls(moments)
