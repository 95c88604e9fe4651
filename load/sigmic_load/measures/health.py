"""How well one process of the load generator could measure: its stalls, its lag, its use of a processor."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

MOST = 50
"""The number of stalls that are stored: the longest ones."""
ADJACENT = 0.25
"""Seconds. Stalls with at most this time between them are shown as one."""


@dataclass(slots=True)
class Stall:
    """`at` is epoch seconds. Stalls while users come or go are not `judged`."""

    at: float
    seconds: float
    judged: bool


@dataclass(slots=True)
class Health:
    """The health of one process in a run. `unmeasured` is the seconds of stalls in the judged time."""

    stalls: list[Stall] = field(default_factory=list)
    unmeasured: float = 0.0
    lag_most: float = 0.0
    cpu_seconds: float = 0.0
    cpu_watched: float = 0.0
    cpu_most: float = 0.0

    def stood_still(self, at: float, seconds: float, *, is_judged: bool) -> None:
        """Record a stall of `seconds` that started at the epoch second `at`."""
        if is_judged:
            self.unmeasured += seconds
        last = self.stalls[-1] if self.stalls else None
        is_next = last is not None and at - (last.at + last.seconds) <= ADJACENT
        if last is not None and is_next and last.judged is is_judged:
            last.seconds = at + seconds - last.at
            return
        self.stalls.append(Stall(at, seconds, is_judged))
        if len(self.stalls) > MOST:
            self.stalls.remove(min(self.stalls, key=lambda it: it.seconds))

    def used(self, cpu: float, seconds: float) -> None:
        """Record the processor time that was used in these seconds."""
        if seconds > 0:
            self.cpu_seconds += cpu
            self.cpu_watched += seconds
            self.cpu_most = max(self.cpu_most, cpu / seconds)

    @property
    def cpu(self) -> float | None:
        """The mean share of one processor that was used; None before the first sample."""
        return self.cpu_seconds / self.cpu_watched if self.cpu_watched else None

    def to_wire(self) -> dict[str, Any]:
        """Return it as plain values for JSON and msgpack."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Self:
        """Return the health that `to_wire` encoded."""
        return cls(**{**wire, "stalls": [Stall(**each) for each in wire["stalls"]]})
