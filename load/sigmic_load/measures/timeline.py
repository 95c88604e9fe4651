"""The timeline of a run: one moment per second, by the machine's clock, so that workers' moments add up.

Streams are recorded as openings and closings, so that the number of open streams is an exact sum for any
number of workers. If the clocks of machines differ, their moments are only shifted by the difference.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from sigmic_load.measures.histogram import Histogram

WIDTH = 1.0
"""The length of a moment in seconds."""


@dataclass(slots=True)
class Moment:
    """One second."""

    requested: int = 0
    """Streams that were requested."""
    opened: int = 0
    closed: int = 0
    ended: int = 0
    """Of the closed streams, those that we did not leave."""
    lateness: Histogram = field(default_factory=Histogram)
    """Corrected lateness of this second's heartbeats."""
    lag: float = 0.0
    """The largest lag of a load generator, in seconds."""
    unmeasured: float = 0.0
    """Seconds in which load generators stood still, summed over all of them."""
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    """What the connections compared in this second had lost, received twice or out of order."""
    held: float = 0.0
    missing: float = 0.0
    returning: float = 0.0
    """Stream-seconds of the wanted streams: held, missing by the target's fault, or returning from a wave."""

    def merge(self, other: "Moment") -> None:
        """Add the same second of another process."""
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


@dataclass(slots=True)
class Timeline:
    """Moments by epoch second."""

    moments: dict[int, Moment] = field(default_factory=dict)

    def at(self, now: float) -> Moment:
        """Return the moment of an epoch time."""
        second = int(now / WIDTH)
        moment = self.moments.get(second)
        if moment is None:
            moment = self.moments[second] = Moment()
        return moment

    def stood_still(self, start: float, end: float) -> None:
        """Record a stall of a load generator, in epoch seconds; its lag grows from second to second."""
        for second in range(int(start / WIDTH), int(end / WIDTH) + 1):
            until = min(end, (second + 1) * WIDTH)
            moment = self.at(second * WIDTH)
            moment.unmeasured += max(0.0, until - max(start, second * WIDTH))
            moment.lag = max(moment.lag, until - start)

    def merge(self, other: "Timeline") -> None:
        """Add the timeline of another process."""
        for second, moment in other.moments.items():
            self.at(second * WIDTH).merge(moment)

    def open_streams(self) -> Iterator[tuple[int, int]]:
        """Yield every second from the first to the last, with the number of streams open at its end."""
        if not self.moments:
            return
        open_now = 0
        for second in range(min(self.moments), max(self.moments) + 1):
            moment = self.moments.get(second)
            if moment is not None:
                open_now += moment.opened - moment.closed
            yield second, open_now

    def to_wire(self) -> list[Any]:
        """Return it as plain values for JSON and msgpack."""
        return [
            {"second": second, **asdict(moment), "lateness": moment.lateness.to_wire()}
            for second, moment in sorted(self.moments.items())
        ]

    @classmethod
    def from_wire(cls, wire: list[Any]) -> Self:
        """Return the timeline that `to_wire` encoded."""
        moments = {}
        for each in wire:
            fields = {name: value for name, value in each.items() if name != "second"}
            fields["lateness"] = Histogram.from_wire(each["lateness"])
            moments[int(each["second"])] = Moment(**fields)
        return cls(moments)
