"""Drawn violations are reachable, cover many situations, and are the same for a seed."""

from collections import Counter

from lab.prove.confinement import Bounds, Confined, Occasion, draw, possible
from sigmic_spec.situations import Value

FIRST, SECOND = Value("turn", "first"), Value("turn", "second")
BEARER, TOKEN = Value("caller", "bearer"), Value("caller", "end_user")
FAULTS = ("a", "b", "c")
OCCASIONS = [
    Occasion(fault=fault, probe=probe, situation={"turn": [turn], "caller": [caller]})
    for fault in FAULTS
    for probe, turn, caller in [
        ("short", "first", "bearer"),
        ("long", "second", "bearer"),
        ("widget", "first", "end_user"),
    ]
]


def test_only_values_observed_together_are_possible():
    of_a = possible(OCCASIONS)["a"]

    assert of_a[(FIRST,)] == ("short", "widget")
    assert of_a[(TOKEN, FIRST)] == ("widget",)
    assert (TOKEN, SECOND) not in of_a


def test_each_of_several_values_that_hold_at_once_is_possible():
    occasion = Occasion(fault="a", probe="p", situation={"files": ["nested", "zip"]})

    assert set(possible([occasion])["a"]) == {(Value("files", "nested"),), (Value("files", "zip"),)}


def test_values_outside_the_bounds_of_a_fault_are_not_drawn():
    once = Occasion(
        fault="a",
        probe="p",
        situation={"state": ["pending"], "approval": ["once"], "files": ["nested", "zip"]},
    )

    decided = possible([once], {"a": Bounds({"approval": "once|always", "files": "zip"})})["a"]

    assert set(decided) == {
        (Value("approval", "once"),),
        (Value("files", "zip"),),
        (Value("approval", "once"), Value("files", "zip")),
    }
    assert (Value("approval", "once"), Value("state", "pending")) not in possible([once])["a"]


def test_a_fault_on_every_second_occasion_needs_two_in_one_probe():
    came = [
        Occasion(fault="a", probe=probe, situation={"turn": ["first"], "session": [session]}, count=count)
        for probe, session, count in [("twice", "new", 1), ("twice", "live", 1), ("often", "new", 2)]
    ]

    second = possible(came, {"a": Bounds({"every": 2})})["a"]

    assert second[(FIRST,)] == ("twice", "often")
    assert second[(Value("session", "new"),)] == ("often",)
    assert (Value("session", "live"),) not in second


def test_a_seed_draws_the_same_and_another_one_otherwise():
    once = draw(OCCASIONS, seed=1, most=8)

    assert draw(OCCASIONS, seed=1, most=8) == once
    assert any(draw(OCCASIONS, seed=seed, most=8) != once for seed in range(2, 6))


def test_every_violation_comes_in_several_situations_and_every_situation_with_several_violations():
    drawn = draw(OCCASIONS, seed=0, most=9)

    assert Counter(each.fault for each in drawn) == dict.fromkeys(FAULTS, 3)
    values = {
        value: {each.fault for each in drawn if value in each.values} for value in (FIRST, SECOND, TOKEN)
    }
    assert all(len(faults) > 1 for faults in values.values())
    assert {len(each.values) for each in drawn} == {1, 2}


def test_a_small_sample_has_confinements_to_one_and_to_two_dimensions():
    drawn = draw(OCCASIONS, seed=0, most=len(FAULTS))

    assert sorted(len(each.values) for each in drawn) == [1, 1, 2]


def test_no_more_is_drawn_than_is_possible_and_nothing_twice():
    drawn = draw(OCCASIONS, seed=0, most=1000)

    assert len(drawn) == len({(each.fault, each.values) for each in drawn}) == 7 * len(FAULTS)


def test_it_is_armed_past_parameters_of_the_same_name():
    confined = Confined(fault="get.message-altered", values=(Value("value", "quotes"),), probes=("p",))

    assert confined.where({"state": "completed", "code": "none", "value": "plain|quotes"}) == {
        "situation.state": "completed",
        "code": "none",
        "situation.value": "quotes",
    }
    assert str(confined) == "get.message-altered,value=quotes"
