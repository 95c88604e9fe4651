from dataclasses import replace

import pytest

from sigmic_conformance.checks import Check
from sigmic_conformance.registry import Registry, load
from sigmic_conformance.run.costs import Costs
from sigmic_conformance.run.costs import load as load_costs
from sigmic_conformance.run.planning import (
    default_tier,
    expected,
    in_tier,
    make_plan,
    wall_seconds,
    width,
)
from sigmic_conformance.run.tiers import Tier
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import Cost
from sigmic_conformance.traffic.probe import Concurrency, Probe, Requires
from sigmic_spec.ledger import Ledger

MOCK = Profile(base_url="http://mock", reference=True)
TARGET = Profile(base_url="http://a", concurrency=2)
BARE = replace(TARGET, without=frozenset({"files", "zip", "approvals", "tools", "environment", "artifacts"}))
"""A target with few reachable situations, so that its journeys are laid out quickly."""


async def nothing(_) -> None:
    """Make no traffic."""


def probe(name: str, *, seconds=2.0, concurrency=Concurrency.AGENT, requires=(Requires.WRITES,)) -> Probe:
    window = seconds if callable(seconds) else lambda _: seconds
    return Probe(
        name=name,
        function=nothing,
        window=window,
        concurrency=concurrency,
        requires=frozenset(requires),
    )


def cost(*, turns=1, bytes=100, seconds=2.0, requests=5) -> Cost:
    return Cost(requests=requests, turns=turns, bytes=bytes, seconds=seconds)


def registry(*probes: Probe, **needs: str) -> Registry:
    made = Registry()
    for each in probes:
        made.probes[each.name] = each
    for row, names in needs.items():
        made.checks[row] = Check(id=row, needs=tuple(map(str, names.split())))
    return made


def costs(**each: Cost) -> Costs:
    return Costs(profile=MOCK, probes=each)


def plan(made: Registry, profile: Profile, priced: Costs, tier=Tier.FULL):
    return make_plan(made, profile, made.checks, tier=tier, costs=priced)


def test_every_probe_was_measured():
    missing = sorted(set(load(Ledger.load().by_id).probes) - set(load_costs().probes))

    assert missing == [], (
        "these probes have no entry in conformance/sigmic_conformance/run/probe_costs.yaml; "
        "measure all again on an idle machine: "
        "`sigmic-conformance run --mock --report-dir reports/mock`, then "
        "`python -m sigmic_conformance.run.costs reports/mock`"
    )


def test_no_cost_is_of_a_probe_that_is_gone():
    gone = sorted(set(load_costs().probes) - set(load(Ledger.load().by_id).probes))

    assert gone == [], "regenerate conformance/sigmic_conformance/run/probe_costs.yaml as its first lines say"


def test_a_plan_sums_the_costs_of_its_probes():
    made = registry(probe("a"), probe("b"), probe("c"), A="a", B="a b")

    found = plan(made, TARGET, costs(a=cost(turns=2), b=cost(bytes=50, requests=1), c=cost()))

    assert [each.probe.name for each in found.probes] == ["a", "b"]
    assert (found.total.turns, found.total.bytes, found.total.requests) == (3, 150, 6)
    assert (found.left_out, found.unproven, found.unselected) == ({}, {}, ())


def test_the_wall_time_is_that_of_the_widest_lane():
    made = [expected(probe(name), TARGET, costs(**{name: cost(seconds=2)})) for name in "abc"]

    assert wall_seconds(made, TARGET) == 4  # two in parallel, then one
    assert wall_seconds(made, Profile(base_url="http://a", concurrency=3)) == 2
    assert width(Concurrency.BULK, TARGET) == 1


def test_a_slower_model_makes_turns_longer():
    made = [expected(probe("a"), TARGET, costs(a=cost(turns=3, seconds=2)))]

    assert wall_seconds(made, Profile(base_url="http://a", turn_seconds=5)) == 17


def test_a_measured_window_is_moved_to_this_targets_heartbeat():
    window = probe("a", seconds=lambda profile: 3 * profile.heartbeat_seconds)

    found = expected(window, Profile(base_url="http://a", heartbeat_seconds=1), costs(a=cost(seconds=46)))

    assert found.cost.seconds == 4


def test_bulk_is_scaled_to_this_targets_files():
    found = expected(
        probe("a", concurrency=Concurrency.BULK),
        Profile(base_url="http://a", max_file_bytes=52_428_800 // 4),
        costs(a=cost(bytes=400)),
    )

    assert found.cost.bytes == 100


def test_an_unmeasured_probe_counts_as_the_costliest():
    found = expected(probe("new"), TARGET, costs(a=cost(turns=9), b=cost(turns=2)))

    assert (found.measured, found.cost.turns, found.cost.seconds) == (False, 9, 2)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"model_turns": 4}, "at most 4 turns of the model (--max-turns)"),
        ({"upload_bytes": 250}, "250 bytes may be sent (--max-bytes)"),
        ({"wall_seconds": 3.5}, "the run may take 3.5 s (--max-seconds)"),
    ],
)
def test_a_budget_keeps_the_probes_that_prove_most_and_names_the_limit(limit, words):
    made = registry(probe("rich"), probe("poor", seconds=3), A="rich", B="rich", C="rich", D="poor")
    priced = costs(rich=cost(turns=3, bytes=200), poor=cost(turns=3, bytes=200, seconds=3))

    found = plan(made, Profile(base_url="http://a", **limit), priced)

    assert [each.probe.name for each in found.probes] == ["rich"]
    assert found.left_out == {"poor": words}
    assert found.unproven == {words: ("D",)}


def test_a_row_of_two_probes_gets_both_or_none():
    made = registry(probe("a"), probe("b"), probe("c"), A="a b", C="c")

    found = plan(made, Profile(base_url="http://a", model_turns=1), costs(a=cost(), b=cost(), c=cost()))

    assert [each.probe.name for each in found.probes] == ["c"]
    assert set(found.left_out) == {"a", "b"}


def test_a_free_probe_runs_with_a_budget_of_zero():
    made = registry(probe("free"), probe("dear"), A="free", B="dear")

    found = plan(made, Profile(base_url="http://a", model_turns=0), costs(free=cost(turns=0), dear=cost()))

    assert [each.probe.name for each in found.probes] == ["free"]


def test_a_plan_groups_unproven_requirements_by_the_missing_precondition():
    made = registry(
        probe("a", requires=[Requires.SECOND_KEY]),
        probe("b", requires=[Requires.WIDGET]),
        A="a",
        B="b",
        C="a",
        D="b a",
    )

    found = plan(made, TARGET, costs(a=cost(), b=cost()))

    assert len(found.unproven) == 2
    assert {rows for why, rows in found.unproven.items() if "second API key" in why} == {("A", "C")}
    assert {rows for why, rows in found.unproven.items() if "widget" in why} == {("B", "D")}
    assert found.probes == ()


def test_reading_only_makes_no_probe_that_writes():
    made = registry(probe("writes"), probe("reads", requires=[]), A="writes", B="reads")

    found = plan(
        made, Profile(base_url="http://a", read_only=True), costs(writes=cost(), reads=cost(turns=0))
    )

    assert [each.probe.name for each in found.probes] == ["reads"]
    assert list(found.unproven) == ["the profile allows reading only"]


def test_tiers():
    made = registry(
        probe("quick"),
        probe("long", seconds=300),
        probe("bulk", concurrency=Concurrency.BULK),
        A="quick",
        B="long",
        C="bulk",
    )
    priced = costs(quick=cost(), long=cost(seconds=300), bulk=cost(bytes=10**8))

    rows = {tier: plan(made, TARGET, priced, tier).rows for tier in Tier}

    assert rows == {Tier.SMOKE: ("A",), Tier.STANDARD: ("A",), Tier.FULL: ("A", "B", "C")}
    assert plan(made, TARGET, priced, Tier.SMOKE).unselected == ("B", "C")


def test_a_row_is_in_a_tier_with_all_its_probes_or_not_at_all():
    made = registry(probe("quick"), probe("bulk", concurrency=Concurrency.BULK), A="quick bulk")

    assert not in_tier(made, made.checks["A"], TARGET, Tier.STANDARD, costs(quick=cost(), bulk=cost()))


@pytest.mark.parametrize(
    ("profile", "by_name", "tier"),
    [
        (MOCK, False, Tier.FULL),
        (TARGET, False, Tier.STANDARD),
        (TARGET, True, Tier.FULL),
        (Profile(base_url="http://a", tier="smoke"), True, Tier.SMOKE),
    ],
)
def test_the_tier_when_none_is_asked_for(profile, by_name, tier):
    assert default_tier(profile, chosen_by_name=by_name) is tier


def test_smoke_is_a_first_look():
    made = load(Ledger.load().by_id)

    found = make_plan(made, MOCK, made.checks, tier=Tier.SMOKE, costs=load_costs())

    assert len(found.rows) > 100
    assert found.total.turns <= 25
    assert found.total.bytes < 500_000
    assert all(each.probe.seconds(MOCK) <= 4 for each in found.probes)


def test_standard_sends_no_bulk():
    made = load(Ledger.load().by_id)

    found = make_plan(made, MOCK, made.checks, tier=Tier.STANDARD, costs=load_costs())

    assert found.unselected
    assert all(each.probe.concurrency is not Concurrency.BULK for each in found.probes)


def with_journeys(profile: Profile, tier: Tier):
    made = registry(probe("a"), **{"CREATE-001": "a"})
    return make_plan(made, profile, ["CREATE-001"], tier=tier, costs=costs(a=cost()), journeys_seed=1)


def test_journeys_are_priced_with_the_probes():
    plan = with_journeys(BARE, Tier.STANDARD)

    names = [each.probe.name for each in plan.probes]
    assert names[:2] == ["a", "journey_01"]
    bought = plan.journeys.bought
    assert plan.total.turns == 1 + sum(len(each.journey.steps) for each in bought)
    assert plan.total.bytes == 100 + sum(each.cost.bytes for each in bought)
    assert plan.seconds > wall_seconds([each for each in plan.probes if each.probe.name == "a"], TARGET) + 1


def test_a_tier_bounds_the_turns_of_probes_and_journeys_together():
    names = [f"p{number}" for number in range(10)]
    made = registry(*map(probe, names), **{"CREATE-001": " ".join(names)})
    prices = costs(**dict.fromkeys(names, cost(turns=20)))
    plan = make_plan(made, TARGET, ["CREATE-001"], tier=Tier.STANDARD, costs=prices, journeys_seed=1)

    # A tenth of the 200 turns is kept for repetitions.
    # A tenth of the 200 turns is kept for repetitions.
    assert plan.total.turns == 286
    assert plan.journeys is not None
    assert "tier standard allows at most 306 turns in total" in [
        each.because for each in plan.journeys.unbought
    ]


@pytest.mark.parametrize(
    ("asked", "triples"),
    [
        ({}, False),
        ({"tier": "full"}, True),
        ({"journeys": "triples"}, True),
        ({"tier": "full", "journeys": "pairs"}, False),
    ],
)
def test_triples_are_bought_if_the_tier_full_is_asked_for(asked, triples):
    plan = with_journeys(replace(BARE, **asked, model_turns=20), Tier.FULL).journeys

    assert (plan.triples > 0) is triples
    assert (0 < plan.triples_bought < plan.triples) is triples


@pytest.mark.parametrize(
    ("profile", "tier", "because"),
    [
        (TARGET, Tier.SMOKE, "tier smoke buys no journeys"),
        (replace(TARGET, journeys="none"), Tier.FULL, "none are asked for (--journeys none)"),
        (replace(TARGET, read_only=True), Tier.FULL, "the profile allows reading only"),
    ],
)
def test_a_plan_without_journeys_gives_the_reason(profile, tier, because):
    plan = with_journeys(profile, tier)

    (left,) = plan.journeys.unbought
    assert (plan.journeys.bought, plan.journeys.pairs_bought) == ((), 0)
    assert (left.because, len(left.pairs)) == (because, plan.journeys.pairs)


@pytest.mark.parametrize(
    ("budget", "because"),
    [
        ({"model_turns": 5}, "at most 5 turns of the model (--max-turns)"),
        ({"upload_bytes": 300}, "300 bytes may be sent (--max-bytes)"),
        ({"wall_seconds": 5.0}, "the run may take 5 s (--max-seconds)"),
        ({"turn_seconds": 300.0}, "the run may take 900 s (--max-seconds)"),
    ],
)
def test_a_budget_too_small_for_a_journey_is_reported(budget, because):
    plan = with_journeys(replace(BARE, **budget), Tier.STANDARD)

    (left,) = [each for each in plan.journeys.unbought if each.because == because]
    assert len(left.pairs) > 100


def test_chosen_rows_have_no_journeys():
    made = registry(probe("a"), **{"CREATE-001": "a"})
    plan = make_plan(made, TARGET, ["CREATE-001"], tier=Tier.FULL, costs=costs(a=cost()))

    assert plan.journeys is None
    assert [each.probe.name for each in plan.probes] == ["a"]
