"""How much of the suite runs: everything, what is cheap enough for every day, or a first look.

A tier is a bound on the measured cost of each probe. Rows whose probes are beyond it are not selected, which
the run lists; that differs from a budget, which leaves selected rows unproven.
"""

from dataclasses import dataclass
from enum import StrEnum

from conformance.costs import Cost
from conformance.registry import Lane


class Tier(StrEnum):
    """From a first look to everything."""

    SMOKE = "smoke"
    STANDARD = "standard"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most that one probe may cost in a tier."""

    turns: int
    bytes: int
    seconds: float


BOUNDS = {
    Tier.SMOKE: Bound(turns=1, bytes=64_000, seconds=2.0),
    Tier.STANDARD: Bound(turns=20, bytes=8_000_000, seconds=60.0),
}
"""Smoke is over in five seconds; standard leaves out bulk uploads and waits of more than a minute."""


def admits(tier: Tier, lane: Lane, cost: Cost) -> bool:
    """Whether a probe of this cost runs in a tier."""
    bound = BOUNDS.get(tier)
    return bound is None or (
        lane is not Lane.BULK
        and cost.turns <= bound.turns
        and cost.bytes <= bound.bytes
        and cost.seconds <= bound.seconds
    )
