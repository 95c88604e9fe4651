"""The budget of a run: turns of the model and bytes, counted when they are sent."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from sigmic_conformance.wire.bodies import Body
from sigmic_spec.plural import plural

TURN_OPERATIONS = frozenset({"create_task", "send_message"})
"""Each accepted request of these costs one turn of the model."""


class Spent(Exception):
    """The next request would exceed a budget; the text names it."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent so far."""

    turns: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a probe costs: requests, turns of the model, bytes sent in bodies, seconds."""

    requests: int
    turns: int
    bytes: int
    seconds: float


class Budget:
    """Shared by all probes of a run, which run in two threads."""

    def __init__(self, *, turns: int | None, bytes: int) -> None:
        self._most_turns = turns
        self._most_bytes = bytes
        self._turns = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def take_turn(self) -> None:
        """Reserve a turn; raises Spent if none is left."""
        with self._lock:
            if self._most_turns is not None and self._turns >= self._most_turns:
                raise Spent(f"the budget of {plural(self._most_turns, 'model turn')} is spent (--max-turns)")
            self._turns += 1

    def give_back_turn(self) -> None:
        """Return a turn after a refusal: the model was not used."""
        with self._lock:
            self._turns -= 1

    def take_bytes(self, count: int) -> bool:
        """Spend bytes; False, without spending any, if that is more than is left."""
        with self._lock:
            if self._bytes + count > self._most_bytes:
                return False
            self._bytes += count
            return True

    def too_few_bytes(self) -> Spent:
        """The exception to raise if `take_bytes` returned False."""
        return Spent(f"at most {plural(self._most_bytes, 'byte')} may be sent (--max-bytes)")

    @property
    def spending(self) -> Spending:
        """What was spent so far."""
        with self._lock:
            return Spending(self._turns, self._bytes)


class Metered:
    """A body that counts its bytes against the budget while it is sent, and ends early if that is exceeded.

    The announced and the sent length differ if a target refuses a huge body by its announced length.
    """

    def __init__(self, body: Body, budget: Budget) -> None:
        self.written = 0
        self.cut = False
        self.body = body
        self._budget = budget

    @property
    def size(self) -> int:
        return self.body.size

    @property
    def content_type(self) -> str:
        return self.body.content_type

    @property
    def description(self) -> tuple[str, ...]:
        return self.body.description

    def portions(self) -> Iterator[bytes]:
        for portion in self.body.portions():
            if not self._budget.take_bytes(len(portion)):
                self.cut = True
                return
            self.written += len(portion)
            yield portion
