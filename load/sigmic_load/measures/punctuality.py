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
    _gaps: int = 0
    _seconds: float = 0.0

    def note(self, lateness: float, late_from: float) -> None:
        """Record a heartbeat that came, or was counted as missed."""
        self.count += 1
        self.total += lateness
        self.is_late = self.is_late or lateness > late_from

    def note_gap(self, seconds: float, periods: int = 1) -> None:
        """Record a time between two heartbeats: more than one period if heartbeats are missing between them.

        Our own lag does not count: what makes one time longer makes the next one shorter.
        """
        self._gaps += periods
        self._seconds += seconds

    @property
    def mean(self) -> float | None:
        """The mean lateness in seconds; None if there are too few heartbeats."""
        return self.total / self.count if self.count >= ENOUGH else None

    @property
    def period(self) -> float | None:
        """The mean time between two heartbeats; None if there are too few."""
        return self._seconds / self._gaps if self._gaps >= ENOUGH else None
