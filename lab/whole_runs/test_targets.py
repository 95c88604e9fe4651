"""Test the judge: with a platform that shares no code with the reference, and with defects of it.

Each target is a separate process. Some defects are always judged; with `-m slow` all of them are. The
docstring of each target and docs/explanations/suite-proof.md describe the expected result. Platforms that are
free where no page speaks have a separate command, `python -m lab.platforms.drawn`.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest

from lab.platforms import defects
from lab.platforms.bugs.all import AREAS
from lab.platforms.catalogue import DEFECTS, Switch
from lab.platforms.freedom.trial import ELSEWHERE
from lab.platforms.side_by_side import Order, SideBySide
from lab.platforms.suite_run import Patience, SuiteRun
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import Evidence, Level

pytestmark = [pytest.mark.judgement, pytest.mark.xdist_group("targets"), pytest.mark.timeout(1900)]
LEDGER = Ledger.load().by_id
QUICK_DEFECTS = (
    "NoMarker",
    "KeysShareTasks",
    "Slip",
    "RefusedButRun",
    "EnvironmentLeaks",
    "HeartbeatInsideEvent",
)
LEFT_OPEN = (
    "timing-noise",
    "stimulus-not-reached",
    "zero-observations",
    "control-failed",
    "target-throttled",
)
"""Reasons of the few open rows: on a busy machine, times are uncertain and readers join too late."""
MOST_OPEN = 0.04
JOURNEYS = ("--journeys", "pairs")
REGISTERED = (defects, *AREAS)


def ordered(switch: Switch, **more: Any) -> Order:
    """Order the platform with one defect."""
    return Order(parts=(switch.name,), **more)


def defective(switch: Switch) -> Order:
    """Order a defect. A quick one is judged by its own rows, a bug in one situation by all, with journeys."""
    if switch.situation:
        return ordered(switch, flags=JOURNEYS, seconds=1800)
    select = " or ".join(switch.rows) if switch.name in QUICK_DEFECTS else None
    flags = () if any(map(binds, switch.rows)) else ("--strict",)
    return ordered(switch, select=select, flags=flags, patience=Patience())


def each(switches: Mapping[str, Switch], order: Callable[[Switch], Order], quick: Collection[str]) -> list:
    """All switches with their orders; mark those that are not quick as slow."""
    return [
        pytest.param(
            switch,
            order(switch),
            id=name,
            marks=[] if name in quick else [pytest.mark.slow],
        )
        for name, switch in switches.items()
    ]


def acquitted(found: SuiteRun) -> None:
    """No row fails, and at most a few rows are open."""
    assert found.rows("failed", "errored", "blocked") == {}
    assert found.rows("warned").keys() <= {ELSEWHERE}, found.rows("warned")
    left_open = found.rows("inconclusive")
    assert {row: why for row, why in left_open.items() if not why.startswith(LEFT_OPEN)} == {}
    assert len(left_open) <= MOST_OPEN * len(found.verdicts), left_open
    assert found.code == 0 or left_open, found.output


def binds(row: str) -> bool:
    """Return True for a row that fails a target; other rows warn, and fail only with --strict."""
    requirement = LEDGER[row]
    told = requirement.evidence in {Evidence.DOCUMENTED, Evidence.INHERITED}
    return requirement.level is Level.MUST and told


PLATFORM = Order(flags=JOURNEYS)
AS_DOCUMENTED = Order(heartbeat=15.0, limits=False, flags=JOURNEYS)


@pytest.mark.parametrize("order", [PLATFORM])
def test_a_platform_that_shares_nothing_with_the_reference_passes(order: Order, side_by_side: SideBySide):
    found = side_by_side.of(order)

    acquitted(found)
    assert len(found.rows("passed")) > 410


@pytest.mark.slow
@pytest.mark.parametrize("order", [AS_DOCUMENTED])
def test_it_passes_with_the_documented_interval_and_sizes_too(order: Order, side_by_side: SideBySide):
    acquitted(side_by_side.of(order))


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
