"""What was wrong with the events that the readers of a task received."""

from dataclasses import dataclass, field

from sigmic_load.measures.evidence import Kind


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `place` is a text of the stream near it, used to find the bytes to show."""

    kind: Kind
    says: str
    place: str


@dataclass(slots=True)
class Findings:
    """How many messages, words and tool events were lost, doubled or out of order, and which."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    each: list[Finding] = field(default_factory=list, compare=False)

    def add(self, other: "Findings") -> None:
        """Add the findings of another comparison."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.out_of_order += other.out_of_order
        self.each += other.each

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.out_of_order)
