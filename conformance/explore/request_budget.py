"""The limits of an exploration of the document: requests, turns of an agent, seconds."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

PARTS = {"examples": 8, "coverage": 2, "fuzzing": 2, "stateful": 1}
"""A phase gets this part of the rest when it starts; the last one, which follows links, gets all of it.

With 600 requests: at most 75 examples; then, if 30 were enough, 285 of coverage, 143 drawn, 142 along links.
"""


@dataclass(slots=True)
class RequestBudget:
    """Splits the budget over the phases, and within a phase evenly over the operations.

    The unused share of an operation goes to later ones, that of a phase to the next phase.
    """

    requests: int
    turns: int
    seconds: float
    now: Callable[[], float] = time.monotonic
    _until: float = field(init=False)
    _pool: int = field(init=False, default=0)
    _turns_of_phase: int = field(init=False, default=0)
    _operations: int = field(init=False, default=0)
    _shares: dict[str, int] = field(init=False, default_factory=dict)
    _shared: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        self._until = self.now() + self.seconds

    def begin(self, phase: str, *, operations: int) -> None:
        """Start a phase over this number of operations; an unknown phase gets all that is left."""
        part = PARTS.get(phase, 1)
        self._pool = math.ceil(self.requests / part)
        self._turns_of_phase = math.ceil(self.turns / part)
        self._operations = operations
        self._shares = {}
        # Along links every step is another operation: even shares would end the sequence at the first one.
        self._shared = phase != "stateful"

    @property
    def seconds_left(self) -> float:
        """The remaining seconds; never below 0."""
        return max(0.0, self._until - self.now())

    @property
    def is_spent(self) -> bool:
        """True if no more requests may be sent."""
        return self.requests <= 0 or self.seconds_left <= 0

    def take(self, operation: str) -> bool:
        """Spend one request on an operation; False, without spending, if its share is used up."""
        if self.is_spent or self._pool <= 0:
            return False
        if self._shared:
            if operation not in self._shares:
                self._shares[operation] = math.ceil(self._pool / max(1, self._operations - len(self._shares)))
            if self._shares[operation] <= 0:
                return False
            self._shares[operation] -= 1
        self._pool -= 1
        self.requests -= 1
        return True

    def take_turn(self) -> bool:
        """Spend one turn of an agent; False if the phase has none left."""
        if self.turns <= 0 or self._turns_of_phase <= 0:
            return False
        self.turns -= 1
        self._turns_of_phase -= 1
        return True

    def give_back_turn(self) -> None:
        """Return a turn after a refusal: no agent ran."""
        self.turns += 1
        self._turns_of_phase += 1
