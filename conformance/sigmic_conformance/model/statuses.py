"""The statuses that answers reported for a task, and what follows from them. Pure.

An answer reports what was true at some moment between the request and the answer. A final status lasts until
a follow-up (STATE-002), so it is still true in every answer to a later request.
"""

from dataclasses import dataclass

from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange

COMPLETED, FAILED, CANCELLED = "completed", "failed", "cancelled"
FINAL = json_values.FINAL
PENDING, AWAITING, RUNNING = "pending", "awaiting_approval", "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The answer to a request, or a part of it."""

    exchange: Exchange
    operation: str

    @property
    def began(self) -> int:
        """When the request was sent."""
        return self.exchange.started

    @property
    def ended(self) -> int:
        """When the answer was complete."""
        return self.exchange.ended


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStatus(Observed):
    """A status in an answer of `get_task`, `get_task_history` or `list_tasks`."""

    status: str

    @property
    def is_final(self) -> bool:
        """True for completed, failed and cancelled."""
        return self.status in FINAL
