"""Which journeys are made: laid out, priced, bought within what is left of a budget. Pure."""

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sigmic_conformance.conformance.journeys.coverage import Combination, Combinations
from sigmic_conformance.conformance.journeys.covering import covering_array
from sigmic_conformance.conformance.journeys.journey import Journey
from sigmic_conformance.conformance.journeys.layout import Layout
from sigmic_conformance.conformance.journeys.offer import offer
from sigmic_conformance.conformance.journeys.price import price
from sigmic_conformance.conformance.probing.budget import Cost
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.spec.situations import Situations

PAIR = 2
NOTHING = Cost(requests=0, turns=0, bytes=0, seconds=0.0)

Limit = Callable[[Cost], str]
"""Says which budget further costs go beyond; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """A journey that is made, and its cost; `left_out` counts the steps that the budget is too small for."""

    journey: Journey
    cost: Cost
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbought:
    """Pairs and triples that no journey brings about, for one reason."""

    because: str
    pairs: tuple[Combination, ...]
    triples: tuple[Combination, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """What is made and what is not. `pairs` and `triples` count those that can occur on any target."""

    seed: int
    bought: tuple[Bought, ...] = ()
    unbought: tuple[Unbought, ...] = ()
    pairs: int = 0
    triples: int = 0

    @property
    def pairs_bought(self) -> int:
        """How many pairs the journeys bring about."""
        return self.pairs - sum(len(each.pairs) for each in self.unbought)

    @property
    def triples_bought(self) -> int:
        """How many triples the journeys bring about."""
        return self.triples - sum(len(each.triples) for each in self.unbought)


UNREACHED = "no life of a task that is tried has both"


def no_journeys(seed: int, because: str) -> Journeys:
    """A plan without journeys, for one reason."""
    pairs = tuple(Situations.load().pairs())
    return Journeys(seed=seed, unbought=(_unbought(because, pairs),), pairs=len(pairs))


def plan_journeys(profile: Profile, *, seed: int, triples: bool, limit: Limit) -> Journeys:
    """Lay out the journeys for a target and buy them in their order, each as long as the budget allows.

    `limit` says of the cost of all that is bought, the next journey included, which budget it goes beyond.
    """
    situations = Situations.load()
    offered = offer(situations, profile)
    rows = covering_array(situations, offered, seed=seed, triples=triples)
    combinations = Combinations(situations, offered, triples=triples)
    layout = Layout(offered, rows, combinations)
    bought: list[Bought] = []
    spent, covered, refused = NOTHING, 0, ""
    for laid in layout.journeys():
        length, why = _affordable(laid.journey, profile, spent, limit)
        refused = refused or why
        if not length:
            continue
        journey = replace(laid.journey, steps=laid.journey.steps[:length])
        cost = price(journey, profile)
        spent = _sum(spent, cost)
        covered |= functools.reduce(operator.or_, laid.bits[:length])
        bought.append(Bought(journey=journey, cost=cost, left_out=len(laid.journey.steps) - length))
    reasons: dict[str, list[Combination]] = {}
    every = [*situations.pairs(), *(situations.triples_of_values() if triples else ())]
    for each in every:
        if lacking := next((offered.missing[value] for value in each if value in offered.missing), ""):
            reasons.setdefault(lacking, []).append(each)
    for each in combinations.named(layout.covered & ~covered):
        reasons.setdefault(refused, []).append(each)
    for each in combinations.named(combinations.all & ~layout.covered & ~covered):
        reasons.setdefault(UNREACHED, []).append(each)
    return Journeys(
        seed=seed,
        bought=tuple(bought),
        unbought=tuple(_unbought(why, found) for why, found in reasons.items()),
        pairs=sum(len(each) == PAIR for each in every),
        triples=sum(len(each) != PAIR for each in every),
    )


def _affordable(journey: Journey, profile: Profile, spent: Cost, limit: Limit) -> tuple[int, str]:
    """How many steps the budget allows, and which budget allows no more; empty for all of them."""
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
