"""The tiers of a run: everything, a selection that is cheap enough for every day, a first look.

A tier is a bound on what each probe costs: its declared window, which does not hang on the day it was
measured, and its measured turns and bytes. Rows whose probes are beyond it are not selected, which the run
lists; that differs from a budget, which leaves selected rows unproven.
"""

from dataclasses import dataclass
from enum import StrEnum

from sigmic_conformance.conformance.probing.budget import Cost
from sigmic_conformance.conformance.registry import Concurrency


class Tier(StrEnum):
    """From a first look to everything."""

    SMOKE = "smoke"
    STANDARD = "standard"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most that one probe may cost in a tier; `window` in seconds on a healthy target."""

    turns: int
    bytes: int
    window: float


BOUNDS = {
    Tier.SMOKE: Bound(turns=1, bytes=64_000, window=4.0),
    Tier.STANDARD: Bound(turns=20, bytes=8_000_000, window=60.0),
}
"""Smoke is over in five seconds; standard leaves out bulk uploads and waits of more than a minute."""


def admits(tier: Tier, concurrency: Concurrency, cost: Cost, *, window: float) -> bool:
    """Whether a probe of this cost and window runs in a tier."""
    bound = BOUNDS.get(tier)
    return bound is None or (
        concurrency is not Concurrency.BULK
        and cost.turns <= bound.turns
        and cost.bytes <= bound.bytes
        and window <= bound.window
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyBound:
    """The journeys of a tier: whether for triples too, and the most turns of a whole run, probes included."""

    triples: bool
    turns: int | None = None


JOURNEYS: dict[Tier, JourneyBound | None] = {
    Tier.SMOKE: None,
    Tier.STANDARD: JourneyBound(triples=False, turns=250),
    Tier.FULL: JourneyBound(triples=True),
}
"""A stranger's platform pays for each turn: standard buys the pairs that most turns bring about."""


def journeys_of(tier: Tier, *, asked: bool) -> JourneyBound | None:
    """The journeys of a tier. Triples take three times the turns: they are for who asks for the tier full."""
    return JOURNEYS[tier] if asked or tier is not Tier.FULL else JourneyBound(triples=False)
