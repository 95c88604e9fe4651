"""Plan the journeys of a run: lay them out, estimate their cost, and select those within the budget. Pure."""

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import Cost
from sigmic_conformance.traffic.journeys.coverage import Combination, Combinations
from sigmic_conformance.traffic.journeys.covering import covering_array
from sigmic_conformance.traffic.journeys.journey import Journey
from sigmic_conformance.traffic.journeys.layout import LaidOut, Layout
from sigmic_conformance.traffic.journeys.price import price
from sigmic_conformance.traffic.journeys.reachable_situations import reachable_situations
from sigmic_spec.situations import Situations, Value

PAIR = 2
NOTHING = Cost(requests=0, turns=0, bytes=0, seconds=0.0)

Limit = Callable[[Cost], str]
"""Names the budget that additional costs exceed; empty if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """A planned journey and its cost; `left_out` counts the steps that exceed the budget."""

    journey: Journey
    cost: Cost
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbought:
    """Pairs and triples that no journey covers, for one reason."""

    because: str
    pairs: tuple[Combination, ...]
    triples: tuple[Combination, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """Planned and omitted journeys. `pairs` and `triples` count those that one answer can have."""

    seed: int
    bought: tuple[Bought, ...] = ()
    unbought: tuple[Unbought, ...] = ()
    pairs: int = 0
    triples: int = 0

    @property
    def pairs_bought(self) -> int:
        """How many pairs the journeys cover."""
        return self.pairs - sum(len(each.pairs) for each in self.unbought)

    @property
    def triples_bought(self) -> int:
        """How many triples the journeys cover."""
        return self.triples - sum(len(each.triples) for each in self.unbought)


UNREACHED = "no life of a task that is tried has both"


def no_journeys(seed: int, because: str) -> Journeys:
    """A plan without journeys, for one reason."""
    pairs = tuple(Situations.load().pairs_of_an_answer())
    return Journeys(seed=seed, unbought=(_unbought(because, pairs),), pairs=len(pairs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """All possible journeys for a target, before their cost is estimated."""

    profile: Profile
    seed: int
    missing: Mapping[Value, str]
    combinations: Combinations
    journeys: tuple[LaidOut, ...]
    counted: tuple[Combination, ...]
    """The pairs, and if requested the triples, that one answer of any target can have."""


def plan_journeys(profile: Profile, *, seed: int, triples: bool, limit: Limit) -> Journeys:
    """Lay out the journeys for a target and select those within the budget. `limit`: see `buy`."""
    return buy(lay_out(profile, seed=seed, triples=triples), limit)


@cache
def lay_out(profile: Profile, *, seed: int, triples: bool) -> Laid:
    """The journeys that cover everything that the target allows."""
    situations = Situations.load()
    offered = reachable_situations(situations, profile)
    rows = covering_array(situations, offered, seed=seed, triples=triples)
    combinations = Combinations(situations, offered, triples=triples)
    return Laid(
        profile=profile,
        seed=seed,
        missing=offered.missing,
        combinations=combinations,
        journeys=tuple(Layout(offered, rows, combinations).journeys()),
        counted=(*situations.pairs_of_an_answer(), *(situations.triples_of_values() if triples else ())),
    )


def buy(laid: Laid, limit: Limit) -> Journeys:
    """Buy the journeys in their order, each as long as the budget allows.

    `limit` names the budget that the cost of all journeys exceeds, including the next one.
    """
    profile, missing = laid.profile, laid.missing
    bought: list[Bought] = []
    spent, covered, reached, refused = NOTHING, 0, 0, ""
    for each in laid.journeys:
        reached |= functools.reduce(operator.or_, each.bits)
        length, why = _affordable(each.journey, profile, spent, limit)
        refused = refused or why
        if not length:
            continue
        journey = replace(each.journey, steps=each.journey.steps[:length])
        cost = price(journey, profile)
        spent = _sum(spent, cost)
        covered |= functools.reduce(operator.or_, each.bits[:length])
        bought.append(Bought(journey=journey, cost=cost, left_out=len(each.journey.steps) - length))
    reasons: dict[str, list[Combination]] = {}
    refusing = set(laid.combinations.named(reached & ~covered))
    beyond = set(laid.combinations.named(laid.combinations.all & ~reached))
    for wanted in laid.counted:
        if lacking := next((missing[value] for value in wanted if value in missing), ""):
            reasons.setdefault(lacking, []).append(wanted)
        elif wanted in refusing:
            reasons.setdefault(refused, []).append(wanted)
        elif wanted in beyond:
            reasons.setdefault(UNREACHED, []).append(wanted)
    return Journeys(
        seed=laid.seed,
        bought=tuple(bought),
        unbought=tuple(_unbought(why, found) for why, found in reasons.items()),
        pairs=sum(len(each) == PAIR for each in laid.counted),
        triples=sum(len(each) != PAIR for each in laid.counted),
    )


def _affordable(journey: Journey, profile: Profile, spent: Cost, limit: Limit) -> tuple[int, str]:
    """How many steps the budget allows, and the budget that allows no more; empty if it allows all."""
    refused = ""
    for length in range(len(journey.steps), 0, -1):
        why = limit(_sum(spent, price(journey, profile, steps=length)))
        if not why:
            return length, refused
        refused = why
    return 0, refused


def _unbought(because: str, found: Sequence[Combination]) -> Unbought:
    return Unbought(
        because=because,
        pairs=tuple(each for each in found if len(each) == PAIR),
        triples=tuple(each for each in found if len(each) != PAIR),
    )


def _sum(one: Cost, other: Cost) -> Cost:
    return Cost(
        requests=one.requests + other.requests,
        turns=one.turns + other.turns,
        bytes=one.bytes + other.bytes,
        seconds=one.seconds + other.seconds,
    )
