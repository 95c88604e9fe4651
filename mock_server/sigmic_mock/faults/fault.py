"""One row of the fault catalogue.

A *violation* breaks the ledger row it names. A *transient* fault is a legal failure. A *variation* is legal
but unusual.

Invariant: ids are stable, and the parameters of a row are exactly the names in `params`, with their defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sigmic_mock.faults.trigger import Trigger


class FaultClass(StrEnum):
    """What a fault implies about a server that shows it."""

    VIOLATION = "violation"
    TRANSIENT = "transient"
    VARIATION = "variation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A named kind of misbehaviour."""

    id: str
    kind: FaultClass
    row: str
    """The ledger row that it breaks (violation), or that it leaves whole while it strains its readers."""
    effect: str
    """The code that acts: `admit.*`, `answer.*`, `frame.*`, else an effect; by default that of its id."""
    params: Mapping[str, Any]
    where: Mapping[str, Any]
    """The trigger, as far as the fault itself decides it."""
    learns: str
    """The lesson for a client. Of a fault that it must survive: what goes wrong, and what to change."""
    guide: str | None = None
    """The page and the heading of the paragraph on how to correct a client; None for a violation."""
    breaks: Mapping[str, Any] = field(default_factory=dict)
    """Where its ledger row speaks of what it does: conditions. Elsewhere it acts as well, and breaks at most
    what another row says. Empty: wherever it acts."""
    place: str = ""
    """The file and line of the row."""
    reason: str | None = None
    """The claim that a check of `row` must report when this violation fires: every violation declares one."""

    @property
    def point(self) -> str:
        """The point at which it acts: `admit`, `answer`, `frame`, or a decision's name."""
        family = self.effect.partition(".")[0]
        return family if family in {"admit", "answer", "frame"} else self.effect

    def as_json(self) -> dict[str, Any]:
        """Return the row as the control plane and `sigmic-mock faults` show it."""
        return {
            "id": self.id,
            "class": self.kind.value,
            "requirement": self.row,
            "effect": self.effect,
            "parameters": dict(self.params),
            "where": dict(self.where),
            "breaks": dict(self.breaks),
            "learns": self.learns,
            "guide": self.guide,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSpec:
    """A fault that can be armed: its row, its parameters, when it is to fire. See `catalogue.specify`."""

    fault: Fault
    params: Mapping[str, Any]
    trigger: Trigger
