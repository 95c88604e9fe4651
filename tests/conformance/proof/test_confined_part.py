"""How confined violations are graded, counted and told."""

from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import (
    Citation,
    Unproven,
    Verdict,
    errored,
    failed,
    inconclusive,
    passed,
)
from sigmic_conformance.conformance.proof.confined_part import (
    Fate,
    Met,
    better,
    by_dimension,
    graded,
    is_doubtful,
    report,
)
from sigmic_conformance.conformance.proof.confinement import Confined
from sigmic_conformance.conformance.proof.lanes import ON_REQUEST, PARTS
from sigmic_conformance.spec.situations import Value

GREEN = passed("so", Citation(probe="p", exchange=1, label="l", note="n"))
RED = failed("wrong", expected="a", observed="b")
OPEN = inconclusive(Unproven.CONTROL_FAILED, "x")


@pytest.mark.parametrize(
    ("own", "other", "fired", "fate"),
    [
        (RED, GREEN, 1, Fate.CAUGHT),
        (RED, RED, 1, Fate.CAUGHT),
        (GREEN, RED, 1, Fate.PARTLY),
        (OPEN, RED, 1, Fate.PARTLY),
        (GREEN, GREEN, 1, Fate.MISSED),
        (OPEN, GREEN, 1, Fate.UNPROVEN),
        (RED, GREEN, 0, Fate.VOID),
        (errored("x"), GREEN, 1, Fate.BROKEN),
    ],
)
def test_it_is_caught_by_its_own_row_and_partly_by_another(
    own: Verdict, other: Verdict, fired: int, fate: Fate
):
    before = {"OWN-001": GREEN, "OTHER-001": GREEN}

    assert graded("OWN-001", before, {"OWN-001": own, "OTHER-001": other}, fired=fired).fate is fate


def test_a_row_that_was_red_on_the_healthy_platform_catches_nothing():
    assert graded("OWN-001", {"OWN-001": RED}, {"OWN-001": RED}, fired=1).fate is Fate.MISSED


ANYWHERE = Confined(fault="f", values=(Value("session", "live"),), probes=("p", "q"))


def met(fate: Fate, *probes: str) -> Met:
    return Met(id="f", row="OWN-001", fate=fate, probes=probes, seconds=1.0)


@pytest.mark.parametrize(
    "first",
    [
        met(Fate.VOID, "own", "p", "q"),
        met(Fate.UNPROVEN, "own", "p", "q"),
        met(Fate.MISSED, "own", "p"),
        replace(met(Fate.MISSED, "own", "p", "q"), unsure=True),
    ],
)
def test_what_more_probes_could_still_catch_is_tried_again(first: Met):
    assert is_doubtful(ANYWHERE, first)


@pytest.mark.parametrize("first", [met(Fate.CAUGHT, "own"), met(Fate.MISSED, "own", "p", "q")])
def test_what_was_caught_or_had_all_the_traffic_is_not_tried_again(first: Met):
    assert not is_doubtful(ANYWHERE, first)


def test_the_trial_that_says_more_counts_with_the_time_of_both():
    kept = better(met(Fate.PARTLY, "p"), met(Fate.VOID, "p", "q"))

    assert (kept.fate, kept.probes, kept.seconds) == (Fate.PARTLY, ("p",), 2.0)


def one(fate: Fate, *values: Value, red: tuple[str, ...] = ()) -> tuple[Confined, Met]:
    confined = Confined(fault="f", values=values, probes=("p",))
    return confined, Met(
        id=str(confined), row="OWN-001", fate=fate, why="so" if fate != "caught" else "", red=red
    )


LIVE, RESTORED = Value("session", "live"), Value("session", "restored")


def test_the_rate_is_told_whole_and_by_dimension_and_every_miss_by_name():
    part = report(
        [
            one(Fate.CAUGHT, LIVE),
            one(Fate.CAUGHT, RESTORED),
            one(Fate.MISSED, RESTORED),
            one(Fate.VOID, LIVE),
        ],
        possible=9,
        never=["g"],
        seed=3,
    )

    assert part.data["whole"] | {"low": 0, "high": 0} == {
        "shown": 3,
        "caught": 2,
        "partly": 0,
        "rate": 0.6667,
        "low": 0,
        "high": 0,
    }
    session = part.data["dimensions"]["session"]
    assert [session[value]["rate"] for value in ("all", "live", "restored")] == [0.6667, 1.0, 0.5]
    assert part.problems[0].startswith("gate  66.7%")
    assert [line.split("  ")[:2] for line in part.problems[1:]] == [
        ["missed", "f,session=restored"],
        ["void", "f,session=live"],
    ]
    assert part.data["unconfinable"] == ["g"]


def test_a_row_that_turns_red_though_nothing_fired_is_a_false_alarm():
    part = report([one(Fate.VOID, LIVE, red=("OTHER-001",))], possible=1, never=[], seed=0)

    assert "false alarm  f,session=live  never fired, and OTHER-001 turned red" in part.problems


def test_nothing_is_wrong_when_everything_was_caught():
    part = report([one(Fate.CAUGHT, LIVE)] * 200, possible=200, never=[], seed=0)

    assert part.problems == ()


def test_a_value_that_was_not_drawn_is_told_as_such():
    assert by_dimension([])["session"]["restored_twice"] == {
        "shown": 0,
        "caught": 0,
        "partly": 0,
        "rate": 0.0,
        "low": 0.0,
        "high": 1.0,
    }


def test_the_part_runs_when_it_is_named():
    assert set(PARTS) >= ON_REQUEST == {"confined"}
