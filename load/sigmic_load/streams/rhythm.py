"""Compute when the next heartbeat of a stream is due, and how late one was.

The first is due one period after the stream opened; servers may send it earlier, to spread many streams
(G-50). From then on one is due every period. An early heartbeat moves the schedule: the next is due one
period after it. A late heartbeat does not, so that a constant delay stays visible. Only a thousandth of a
period is forgiven each time, because a server that sleeps a period between two heartbeats drifts by its own
wake-up.
"""

from dataclasses import dataclass

PERIOD = 15.0
DRIFT = 0.001
"""By this share of a period, at most, the schedule follows a late heartbeat."""


@dataclass(slots=True)
class Rhythm:
    """One stream's schedule. All times are those of one monotonic clock, in seconds."""

    due: float
    period: float = PERIOD
    last: float | None = None

    @classmethod
    def of_stream(cls, opened: float, period: float = PERIOD) -> "Rhythm":
        """Return the schedule of a stream that was opened then."""
        return cls(due=opened + period, period=period)

    def beat(self, at: float) -> tuple[float, float | None]:
        """Record a heartbeat. Return how many seconds late it was, and the gap to the one before, if any."""
        gap = None if self.last is None else at - self.last
        self.last = at
        lateness = at - self.due
        if lateness <= 0:
            self.due = at + self.period
            return 0.0, gap
        self.due += self.period + min(lateness, DRIFT * self.period)
        return lateness, gap

    def missed(self, now: float) -> list[float]:
        """Skip every heartbeat that is a whole period late; return the lateness of each."""
        late = []
        while now - self.due >= self.period:
            late.append(now - self.due)
            self.due += self.period
        return late

    def overdue(self, now: float) -> float:
        """Return how late the next heartbeat is already; 0 if it is not due."""
        return max(0.0, now - self.due)
