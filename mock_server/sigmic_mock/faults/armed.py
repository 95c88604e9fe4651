"""An armed fault: its parameters, and how often it matched and fired."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_mock.faults.fault import FaultSpec
from sigmic_mock.faults.trigger import Count, FaultContext


@dataclass(slots=True, kw_only=True, eq=False)
class Armed:
    """One armed fault and its count."""

    number: int
    spec: FaultSpec
    project: str | None
    armed_at: float
    random: random.Random
    seen: int = 0
    fired: int = 0

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters it was armed with."""
        return self.spec.params

    @property
    def most(self) -> int | None:
        """How often it may fire, per stream if it counts by stream; None without a limit."""
        trigger = self.spec.trigger
        return trigger.times if trigger.times is not None or trigger.nth is None else 1

    @property
    def is_confined(self) -> bool:
        """True if its trigger needs the situation or the operation."""
        trigger = self.spec.trigger
        return bool(trigger.situation) or trigger.operation is not None

    def count(self, context: FaultContext) -> "Armed | Count | None":
        """Return the counter for this occasion; None if it counts by stream and this is not in a stream."""
        if self.spec.trigger.per is None:
            return self
        return None if context.counts is None else context.counts.setdefault(self.number, Count())

    def as_json(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        return {
            "number": self.number,
            "fault": self.spec.fault.id,
            "class": self.spec.fault.kind.value,
            "project": self.project,
            "parameters": dict(self.params),
            "where": self.spec.trigger.as_json(),
            "seen": self.seen,
            "fired": self.fired,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One firing, as a journal records it."""

    fault: str
    number: int
    project: str | None
    context: FaultContext
