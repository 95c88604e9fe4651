"""The judge judged: by a platform that shares no code with the reference, by oddities and by defects of it.

Each target is a process of its own. Always judged are a spread of the legal oddities, many at once, and a
spread of the defects. With `-m slow` all of them are, every oddity also alone. What each target is to get
stands at its class, and in docs/explanations/judge-proof.md.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest

from sigmic_conformance.conformance.registry import load
from sigmic_conformance.spec.ledger import Evidence, Ledger, Level
from tests.conformance.targets import defects, variations
from tests.conformance.targets.bugs.all import AREAS
from tests.conformance.targets.catalogue import DEFECTS, VARIATIONS, Switch
from tests.conformance.targets.drawn import order_of
from tests.conformance.targets.free_choices import drawn
from tests.conformance.targets.judging import Judgement, Patience
from tests.conformance.targets.side_by_side import Order, SideBySide

pytestmark = [pytest.mark.judgement, pytest.mark.timeout(1900)]
LEDGER = Ledger.load().by_id
JUDGES = load(LEDGER).checks
QUICK_DEFECTS = (
    "NoMarker",
    "KeysShareTasks",
    "Slip",
    "RefusedButRun",
    "EnvironmentLeaks",
    "HeartbeatInsideEvent",
)
QUICK_ODDITIES = ("OtherStatuses", "OldHttp", "MixedLineEnds")
"""The first of each group of oddities that is judged always."""
QUICK_SEED = 2
"""Draws many of the answers that once were false alarms."""
COSTLY = {"greed", "large_requests", "connection_storm", "file_sizes", "unchanged_list", "large_event"}
"""Probes that take a good part of a run: a burdened platform is judged without its oddities."""
LEFT_OPEN = (
    "timing-noise",
    "stimulus-not-reached",
    "zero-observations",
    "control-failed",
    "target-throttled",
)
"""Why a few rows may stay open: on a busy machine times are not told, and readers come when all is over."""
MOST_OPEN = 0.04
ELSEWHERE = "ISOLATION-013"
"""An example names /workspace; the commands of the target find their files elsewhere: warned, and legal."""
JOURNEYS = ("--journeys", "pairs")
REGISTERED = (defects, variations, *AREAS)


def unburdened() -> str:
    """All rows but those of costly probes, as an expression."""
    return f"not ({' or '.join(row for row, judge in JUDGES.items() if set(judge.needs) & COSTLY)})"


def ordered(switch: Switch, **more: Any) -> Order:
    """The platform with one variation or defect."""
    return Order(parts=(switch.name,), **more)


def defective(switch: Switch) -> Order:
    """A defect. A quick one is judged by its own rows alone, a bug in one situation by all, with journeys."""
    if switch.situation:
        return ordered(switch, flags=JOURNEYS, seconds=1800)
    select = " or ".join(switch.rows) if switch.name in QUICK_DEFECTS else None
    flags = () if any(map(binds, switch.rows)) else ("--strict",)
    return ordered(switch, select=select, flags=flags, patience=Patience())


def missed(why: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(reason=why, raises=AssertionError, strict=False)


def each(switches: Mapping[str, Switch], order: Callable[[Switch], Order], quick: Collection[str]) -> list:
    """All switches with their orders; those that are not quick, or are known to be missed, carry the mark."""
    return [
        pytest.param(
            switch,
            order(switch),
            id=name,
            marks=[
                *([] if name in quick else [pytest.mark.slow]),
                *([missed(switch.missed)] if switch.missed else []),
            ],
        )
        for name, switch in switches.items()
    ]


def acquitted(found: Judgement, may_warn: frozenset[str] = frozenset()) -> None:
    """Nothing is held against the target, and next to nothing is left open."""
    assert found.rows("failed", "errored", "blocked") == {}
    assert found.rows("warned").keys() - {ELSEWHERE} == may_warn & found.verdicts.keys(), found.rows("warned")
    left_open = found.rows("inconclusive")
    assert {row: why for row, why in left_open.items() if not why.startswith(LEFT_OPEN)} == {}
    assert len(left_open) <= MOST_OPEN * len(found.verdicts), left_open
    assert found.code == 0 or left_open, found.output


def binds(row: str) -> bool:
    """True for a row that fails a target; the others warn, and fail with --strict."""
    requirement = LEDGER[row]
    told = requirement.evidence in {Evidence.DOCUMENTED, Evidence.INHERITED}
    return requirement.level is Level.MUST and told


PLATFORM = Order(flags=JOURNEYS)
AS_DOCUMENTED = Order(heartbeat=15.0, limits=False, flags=JOURNEYS)


@pytest.mark.parametrize("order", [PLATFORM])
def test_a_platform_that_shares_nothing_with_the_reference_passes(order: Order, side_by_side: SideBySide):
    found = side_by_side.of(order)

    acquitted(found)
    assert len(found.rows("passed")) > 470


@pytest.mark.slow
@pytest.mark.parametrize("order", [AS_DOCUMENTED])
def test_it_passes_with_the_documented_interval_and_sizes_too(order: Order, side_by_side: SideBySide):
    acquitted(side_by_side.of(order))


@pytest.mark.parametrize(
    ("switches", "order"),
    [
        pytest.param(
            switches,
            Order(parts=tuple(each.name for each in switches), select=unburdened()),
            id=switches[0].name,
            marks=() if switches[0].name in QUICK_ODDITIES else pytest.mark.slow,
        )
        for switches in ([VARIATIONS[name] for name in names] for names in variations.TOGETHER)
    ],
)
def test_legal_oddities_cost_nothing_together(switches: list[Switch], order: Order, side_by_side: SideBySide):
    found = side_by_side.of(order)

    acquitted(found, frozenset().union(*(switch.may_warn for switch in switches)))
    assert len(found.verdicts) > 70


@pytest.mark.parametrize(
    ("seed", "order"),
    [
        pytest.param(
            seed, order_of(seed), id=f"seed-{seed}", marks=() if seed == QUICK_SEED else pytest.mark.slow
        )
        for seed in range(10)
    ],
)
def test_a_platform_drawn_from_the_free_choices_fails_nothing(
    seed: int, order: Order, side_by_side: SideBySide
):
    found = side_by_side.of(order)

    assert found.rows("failed", "errored") == {}, drawn(seed)
    assert len(found.rows("passed")) > 400


@pytest.mark.parametrize(("switch", "order"), each(VARIATIONS, ordered, ()))
def test_a_legal_oddity_costs_nothing(switch: Switch, order: Order, side_by_side: SideBySide):
    acquitted(side_by_side.of(order), switch.may_warn)


EVERYWHERE = {name: switch for name, switch in DEFECTS.items() if not switch.situation}


@pytest.mark.parametrize(("switch", "order"), each(EVERYWHERE, defective, QUICK_DEFECTS))
def test_a_defect_is_caught_by_its_row(switch: Switch, order: Order, side_by_side: SideBySide):
    found = side_by_side.of(order)

    assert found.rows("errored") == {}
    assert found.rows("failed").keys() & set(switch.rows), found.output
    assert found.code == 1, found.output


@pytest.mark.parametrize(
    ("switch", "order"),
    each({name: switch for name, switch in DEFECTS.items() if switch.situation}, defective, ()),
)
def test_a_bug_in_one_situation_is_shown_by_its_row(
    switch: Switch, order: Order, side_by_side: SideBySide, record_property: Callable[[str, object], None]
):
    found = side_by_side.of(order)

    record_property("failed", sorted(found.rows("failed").keys() & set(switch.rows)))
    assert found.rows("errored") == {}
    assert found.rows("failed", "warned").keys() & set(switch.rows), found.output
