"""The tiers of a run: everything, a selection that is cheap enough for every day, a smoke test.

A tier limits the cost of each probe: its declared window, which does not vary with measurements, and its
measured turns and bytes. Rows whose probes exceed it are not selected, and the run lists them; a budget, in
contrast, leaves selected rows unproven.
"""

from dataclasses import dataclass
from enum import StrEnum

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import Cost
from sigmic_conformance.traffic.probe import Concurrency


class Tier(StrEnum):
    """From a smoke test to everything."""

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
    Tier.STANDARD: Bound(turns=30, bytes=8_000_000, window=60.0),
}
"""Smoke takes at most 5 s; standard leaves out bulk uploads and waits of more than a minute."""


def admits(tier: Tier, concurrency: Concurrency, cost: Cost, *, window: float) -> bool:
    """Whether a probe of this cost and window runs in a tier."""
    bound = BOUNDS.get(tier)
    return bound is None or (
        concurrency is not Concurrency.BULK
        and cost.turns <= bound.turns
        and cost.bytes <= bound.bytes
        and window <= bound.window
    )


STANDARD_TURNS = 306
"""The most turns of a run, probes included, that journeys may use: another platform pays for each turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyBound:
    """Which journeys run: whether also for triples, and up to how many turns of the whole run."""

    triples: bool
    turns: int | None = None


def journey_bound(profile: Profile, tier: Tier) -> JourneyBound | str:
    """Which journeys a profile and a tier request, or why none run.

    Triples take three times the turns: only if requested, or if the tier `full` is named explicitly.
    """
    if profile.read_only:
        return "the profile allows reading only"
    if profile.journeys == "none":
        return "none are asked for (--journeys none)"
    if profile.journeys is None and tier is Tier.SMOKE:
        return f"tier {tier} buys no journeys"
    full = tier is Tier.FULL
    triples = profile.journeys == "triples" or (
        profile.journeys is None and full and profile.tier is not None
    )
    return JourneyBound(triples=triples, turns=None if full else STANDARD_TURNS)
