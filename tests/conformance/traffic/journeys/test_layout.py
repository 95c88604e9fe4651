"""Journeys cover every pair of situations that can occur together, or report the missing pairs and why."""

import itertools
from dataclasses import replace

import pytest

from sigmic_conformance.target.reference_server import reference_profile
from sigmic_conformance.traffic.budget import Cost
from sigmic_conformance.traffic.journeys.journey import OWNERS, Journey
from sigmic_conformance.traffic.journeys.planning import Journeys, buy, lay_out, plan_journeys
from sigmic_spec.situations import Situations, Value

PROFILE = reference_profile("http://reference")
SITUATIONS = Situations.load()
ACTING = frozenset(itertools.chain.from_iterable(OWNERS.values()))


def planned(profile=PROFILE, *, seed: int = 1, triples: bool = False, turns: int | None = None) -> Journeys:
    def limit(cost: Cost) -> str:
        return f"{turns} turns" if turns is not None and cost.turns > turns else ""

    return buy(lay_out(profile, seed=seed, triples=triples), limit)


def seen(journeys: list[Journey], size: int) -> set[frozenset[Value]]:
    """Return the combinations of values in the steps, with each caller and state of their read-only checks.

    They are computed without the planner's own bits: by the plain product of the values of each step.
    """
    found = set()
    for journey in journeys:
        for step in journey.steps:
            mine = OWNERS[journey.owner]
            acting = step["caller"] if step["caller"] in mine else mine[0]
            for state in step.states:
                for caller in (*mine, *journey.others):
                    look = dict(step.situation) | {"state": state, "caller": caller}
                    if caller not in {acting, step["caller"]}:
                        del look["page"]
                    values = itertools.starmap(Value, look.items())
                    found |= {frozenset(each) for each in itertools.combinations(values, size)}
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_every_pair_that_can_occur_is_planned(seed):
    plan = planned(seed=seed)

    shown = seen([each.journey for each in plan.bought], 2)
    assert plan.unbought == ()
    assert plan.pairs_bought == plan.pairs == len(list(SITUATIONS.pairs_of_an_answer()))
    assert [pair for pair in SITUATIONS.pairs() if frozenset(pair) not in shown] == []


@pytest.mark.nightly
def test_the_triples_are_planned_when_they_are_wanted():
    plan = planned(triples=True)

    shown = seen([each.journey for each in plan.bought], 3)
    assert plan.unbought == ()
    assert plan.triples_bought == plan.triples > plan.pairs
    assert [each for each in SITUATIONS.triples_of_values() if frozenset(each) not in shown] == []


def test_a_step_that_only_leads_to_others_waits_for_no_heartbeat():
    shown, waits = 0, []
    for laid_out in lay_out(PROFILE, seed=1563017584, triples=False).journeys:
        for step, bits in zip(laid_out.journey.steps, laid_out.bits, strict=True):
            if not bits & ~shown and (step.waits_alone or step.is_seen_waiting):
                waits.append(step)
            shown |= bits

    assert waits == []


@pytest.mark.nightly
def test_nothing_is_planned_that_cannot_occur():
    for bought in planned(triples=True).bought:
        for step in bought.journey.steps:
            assert SITUATIONS.is_possible(step.situation), step


def test_the_steps_of_a_journey_are_one_life():
    for bought in planned().bought:
        journey = bought.journey
        expired = 0
        for number, step in enumerate(journey.steps, 1):
            expired += step.expires
            assert step["turn"] == {1: "first", 2: "second", 3: "third"}.get(number, "many")
            assert step["history"] == ("short" if number < 4 else "long" if number < 10 else "very_long")
            assert step["session"] == (
                {1: "restored", 2: "restored_twice"}[expired] if expired else "new" if number == 1 else "live"
            )
            assert step["value"] == journey.value
            assert step["caller"] not in ACTING - set(OWNERS[journey.owner])
            assert journey.asks or step["approval"] == "automatic"
        assert not journey.steps[0].expires
        assert len(journey.steps) <= 12


def test_variables_are_given_in_json():
    begun = [each.journey.steps[0] for each in planned().bought]

    assert {step["body"] for step in begun if step["value"] != "none"} == {"json"}


def test_an_always_approved_call_is_automatic_until_the_session_expires():
    for bought in planned().bought:
        always = False
        for step in bought.journey.steps:
            always = always and not step.expires
            assert (step["approval"] == "automatic") == (always or not bought.journey.asks)
            always = always or step["approval"] == "always"


def test_a_seed_gives_the_same_journeys_again():
    again = plan_journeys(PROFILE, seed=1, triples=False, limit=lambda _: "")

    assert planned(seed=1) == again
    assert planned(seed=1).bought != planned(seed=2).bought


@pytest.mark.parametrize("turns", [0, 7, 30])
def test_journeys_keep_the_budget_and_list_the_pairs_left_out(turns):
    plan = planned(turns=turns)

    assert sum(len(each.journey.steps) for each in plan.bought) <= turns
    assert sum(each.cost.turns for each in plan.bought) == sum(
        len(each.journey.steps) for each in plan.bought
    )
    (left,) = plan.unbought
    shown = seen([each.journey for each in plan.bought], 2)
    assert left.because == f"{turns} turns"
    assert not shown & set(map(frozenset, left.pairs))
    assert plan.pairs_bought + len(left.pairs) == plan.pairs


def test_a_journey_that_the_budget_cuts_says_how_many_steps_are_left_out():
    (whole,) = planned(turns=11).bought
    (cut,) = planned(turns=7).bought

    assert (len(whole.journey.steps), whole.left_out) == (11, 0)
    assert (len(cut.journey.steps), cut.left_out) == (7, 4)
    assert cut.journey.steps == whole.journey.steps[:7]


def test_a_hundred_turns_buy_most_of_the_pairs():
    plan = planned(turns=100)

    assert plan.pairs_bought / plan.pairs > 0.97


LACKS = {
    "no widget credentials": {"caller=end_user", "caller=other_end_user"},
    "no second API key": {"caller=other_project"},
    "the time until a session expires is unknown": {"session=restored", "session=restored_twice"},
    "without zip": {"files=zip"},
    "without approvals": {"state=awaiting_approval", "approval=once", "approval=late"},
    "without files": {"files=plain", "body=files_first"},
    "without environment": {"value=quotes"},
}
"""Reasons why values are not tried, as they are reported."""


@pytest.mark.parametrize(
    ("lacking", "reasons"),
    [
        (
            {
                "has_widget": False,
                "has_second_key": False,
                "session_expiry_seconds": None,
                "without": frozenset({"zip"}),
            },
            list(LACKS)[:4],
        ),
        ({"without": frozenset({"approvals", "files", "environment"})}, list(LACKS)[4:]),
    ],
)
def test_journeys_skip_missing_capabilities_and_give_the_reason(lacking, reasons):
    plan = planned(replace(PROFILE, **lacking))

    steps = [step for each in plan.bought for step in each.journey.steps]
    tried = {str(each) for step in steps for each in itertools.starmap(Value, step.situation.items())}
    tried |= {f"caller={other}" for bought in plan.bought for other in bought.journey.others}
    assert len(plan.unbought) == len(reasons)
    for because in reasons:
        (left,) = [each for each in plan.unbought if because in each.because]
        assert {str(value) for pair in left.pairs for value in pair} >= LACKS[because]
        assert not tried & LACKS[because]


def test_a_target_with_nothing_but_conversations_has_journeys():
    bare = replace(
        PROFILE,
        has_widget=False,
        has_second_key=False,
        session_expiry_seconds=None,
        without=frozenset({"files", "zip", "approvals", "tools", "environment", "artifacts"}),
    )

    plan = planned(bare)

    assert plan.bought
    assert plan.pairs_bought > 100
    assert all(each.because for each in plan.unbought)
