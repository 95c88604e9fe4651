"""What was wrong with what readers of a task were told."""

from dataclasses import dataclass


@dataclass(slots=True)
class Findings:
    """How many messages, words and tool events were lost, doubled or out of order."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0

    def add(self, other: "Findings") -> None:
        """Add those of another comparison."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.out_of_order += other.out_of_order

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.out_of_order)
