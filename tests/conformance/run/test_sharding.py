"""How a run is divided over machines."""

import pytest

from sigmic_conformance.registry import load
from sigmic_conformance.run.costs import load as load_costs
from sigmic_conformance.run.planning import make_plan
from sigmic_conformance.run.sharding import Shard, Share, read_shard, share_of, shared
from sigmic_conformance.run.tiers import Tier
from sigmic_conformance.target.profile import Profile, ProfileError
from sigmic_spec.ledger import Ledger

REGISTRY = load(Ledger.load().by_id)
PROFILE = Profile(base_url="http://127.0.0.1:1")
COSTS = load_costs()


def shares(of: int, rows: list[str]) -> list[Share]:
    return [share_of(Shard(number, of), REGISTRY, rows, PROFILE, COSTS) for number in range(1, of + 1)]


@pytest.mark.parametrize("of", [1, 3, 8])
def test_shards_make_all_the_traffic_once_and_leave_sweeps_to_the_whole(of):
    rows = list(REGISTRY.checks)

    found = shares(of, rows)

    ran = [name for share in found for name in share.probes]
    needed = {each.name for each in REGISTRY.probes_for(REGISTRY.checks.values())}
    assert sorted(ran) == sorted(needed)
    judged = [row for share in found for row in share.rows]
    held = [row for row in rows if REGISTRY.checks[row].anywhere]
    assert sorted(judged + held) == sorted(rows)
    assert all(share.held == tuple(held) for share in found)
    for share in found:
        assert all(share.probes.issuperset(REGISTRY.checks[row].needs) for row in share.rows)


def test_shards_take_about_as_long_as_one_another_and_divide_the_journeys():
    rows = list(REGISTRY.checks)
    plan = make_plan(REGISTRY, PROFILE, rows, tier=Tier.FULL, costs=COSTS, journeys_seed=7)
    assert plan.journeys is not None

    parts = [shared(plan, share, PROFILE) for share in shares(2, rows)]

    names = [each.probe.name for part in parts for each in part.probes]
    assert sorted(names) == sorted(each.probe.name for each in plan.probes)
    assert all(part.journeys and part.journeys.bought for part in parts)
    assert all(part.total.turns < 0.7 * plan.total.turns for part in parts)


def test_a_shard_is_a_part_of_some():
    assert read_shard("2/3") == Shard(2, 3)


@pytest.mark.parametrize("text", ["", "3", "0/3", "4/3", "1/33", "-1/3", "1/3/3", "a/b", "1/99999"])
def test_an_invalid_shard_is_refused_in_one_line(text):
    with pytest.raises(ProfileError, match=r"^--shard: [^\n]+$"):
        read_shard(text)
