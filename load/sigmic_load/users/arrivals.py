"""When the next arrival is due: at a constant rate, regardless of earlier arrivals. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class Arrivals:
    """`rate` per second; `next_due` is when the next one is due, in seconds of the caller's clock."""

    rate: float
    next_due: float

    def due(self, now: float) -> list[float]:
        """Return when each arrival up to `now` was due that was not returned before, even if it is late."""
        told = []
        while self.next_due <= now:
            told.append(self.next_due)
            self.next_due += 1 / self.rate
        return told
