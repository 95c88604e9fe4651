"""How punctual one stream was: among a thousand, one that is always late moves no quantile. Pure."""

from dataclasses import dataclass

ENOUGH = 3
"""Heartbeats that a mean is taken of: one late heartbeat makes no stream that is always late."""


@dataclass(slots=True)
class Punctuality:
    """Of a stream while the target is judged. `is_late` when any heartbeat was later than it may be."""

    count: int = 0
    total: float = 0.0
    is_late: bool = False

    def note(self, lateness: float, late_from: float) -> None:
        """Take a heartbeat that came, or was counted as missed."""
        self.count += 1
        self.total += lateness
        self.is_late = self.is_late or lateness > late_from

    @property
    def mean(self) -> float | None:
        """The mean lateness; None of few heartbeats."""
        return self.total / self.count if self.count >= ENOUGH else None
