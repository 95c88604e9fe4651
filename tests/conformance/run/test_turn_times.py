"""How long a turn takes on a target, and what a run does with that."""

from dataclasses import replace

import pytest

from sigmic_conformance.run.costs import load as load_costs
from sigmic_conformance.run.planning import Plan, make_plan
from sigmic_conformance.run.tiers import Tier
from sigmic_conformance.run.turn_times import TurnTimes, adapted, at_once, is_worth_it, turn_times, words
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Exchange
from tests.conformance.kit import REGISTRY, SECOND, exchange

STRANGER = Profile(base_url="http://target", concurrency=8)


def spent(label: str, began: float, ended: float) -> Exchange:
    made = exchange(label=label, ended=ended)
    return replace(made, started=round(began * SECOND))


def plan_of(profile: Profile, rows: list[str] | None = None, tier: Tier = Tier.STANDARD) -> Plan:
    return make_plan(REGISTRY, profile, rows or list(REGISTRY.checks), tier=tier, costs=load_costs())


def test_a_turn_takes_from_its_creation_to_the_end_of_its_stream():
    times = turn_times(
        [
            spent("a turn alone: create", 0, 0.1),
            spent("a turn alone: stream", 0.1, 6),
            spent("turns together: create", 6, 6.1),
            spent("turns together: stream", 6.1, 18),
        ]
    )

    assert times == TurnTimes(seconds=6, at_once=2)
    assert words(times) == "a turn takes 6.0 s here, 2 at once"


@pytest.mark.parametrize(
    ("single", "together", "expected"), [(6, 6.5, 4), (6, 12, 2), (6, 24, 1), (6, 60, 1), (0.0, 0.1, 4)]
)
def test_turns_that_take_longer_together_run_one_after_the_other(
    single: float, together: float, expected: int
):
    assert at_once(single, together) == expected


def test_a_slow_target_gets_a_longer_plan_and_longer_deadlines():
    slow = adapted(STRANGER, TurnTimes(seconds=6.1, at_once=4))

    assert (slow.turn_seconds, slow.concurrency, slow.task_seconds) == (6.0, 8, 122.0)
    assert plan_of(slow).seconds > 3 * plan_of(STRANGER).seconds


def test_a_target_that_runs_one_turn_at_once_gets_one_at_once():
    assert adapted(STRANGER, TurnTimes(seconds=0.1, at_once=1)).concurrency == 1


def test_turns_are_measured_on_a_strangers_platform_only_and_if_many_are_planned():
    plan = plan_of(STRANGER)

    assert is_worth_it(plan, STRANGER)
    for told in (
        {"reference": True},
        {"read_only": True},
        {"turn_seconds": 2.0},
        {"model_turns": plan.total.turns},
    ):
        assert not is_worth_it(plan, replace(STRANGER, **told))
    assert not is_worth_it(plan_of(STRANGER, ["GET-001"]), STRANGER)
