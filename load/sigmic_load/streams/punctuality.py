"""How punctual one stream was: quantiles over a thousand streams hide one that is always late. Pure."""

from dataclasses import dataclass

ENOUGH = 3
"""The fewest heartbeats for a mean: one late heartbeat does not mean that a stream is always late."""


@dataclass(slots=True)
class Punctuality:
    """One stream while the target is judged. `is_late` is true if any heartbeat was later than allowed."""

    count: int = 0
    total: float = 0.0
    is_late: bool = False

    def note(self, lateness: float, late_from: float) -> None:
        """Record a heartbeat that came, or was counted as missed."""
        self.count += 1
        self.total += lateness
        self.is_late = self.is_late or lateness > late_from

    @property
    def mean(self) -> float | None:
        """The mean lateness in seconds; None if there are too few heartbeats."""
        return self.total / self.count if self.count >= ENOUGH else None
