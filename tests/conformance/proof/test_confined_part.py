"""How confined violations are graded, and which are tried again."""

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
    TELLING,
    also_told,
    better,
    bringing,
    graded,
    is_doubtful,
    is_undecided,
    needs_quiet,
)
from sigmic_conformance.conformance.proof.confined_report import Fate, Met
from sigmic_conformance.conformance.proof.confinement import Confined
from sigmic_conformance.conformance.proof.lanes import ON_REQUEST, PARTS
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.spec.ledger import Ledger
from sigmic_conformance.spec.situations import Value

REGISTRY = load(Ledger.load().by_id)
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
        met(Fate.MISSED, "own", "p", "q"),
        replace(met(Fate.MISSED, "own", "p", "q", *TELLING), unsure=True),
    ],
)
def test_what_more_probes_could_still_catch_is_tried_again(first: Met):
    assert is_doubtful(ANYWHERE, first)


@pytest.mark.parametrize("first", [met(Fate.CAUGHT, "own"), met(Fate.MISSED, "own", "p", "q", *TELLING)])
def test_what_was_caught_or_had_all_the_traffic_is_not_tried_again(first: Met):
    assert not is_doubtful(ANYWHERE, first)


def test_who_has_time_brings_short_probes_and_the_one_that_comes_most_often_to_it():
    seconds = {"often": 30.0, "long": 9.0} | {f"short{number}": float(number) for number in range(8)}

    assert bringing(seconds, hurried=True) == ("short0", "short1")
    assert bringing(seconds, hurried=False) == (*(f"short{number}" for number in range(8)), "long", "often")
    assert bringing({"p": 50.0, "q": 60.0}, hurried=False) == ("q", "p")


def test_an_invariant_of_another_row_that_broke_is_another_row_that_turned_red():
    told = also_told(met(Fate.MISSED, "p"), {"OTHER-001", "OWN-001"})

    assert (told.fate, told.red) == (Fate.PARTLY, ("OTHER-001",))
    assert also_told(met(Fate.MISSED, "p"), {"OWN-001"}).fate is Fate.MISSED
    assert also_told(met(Fate.VOID, "p"), {"OTHER-001"}).fate is Fate.VOID


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (replace(met(Fate.MISSED, "p"), unsure=True), True),
        (replace(met(Fate.UNPROVEN, "p"), reason=Unproven.TIMING_NOISE), True),
        (replace(met(Fate.UNPROVEN, "p"), reason=Unproven.CONTROL_FAILED), False),
        (replace(met(Fate.PARTLY, "p"), unsure=True), False),
        (met(Fate.MISSED, "p"), False),
    ],
)
def test_what_a_busy_machine_left_open_is_no_miss(last: Met, expected: object):
    assert is_undecided(last) is expected


def test_what_noise_may_have_hidden_from_its_own_row_is_tried_alone():
    assert needs_quiet(ANYWHERE, replace(met(Fate.PARTLY, "p"), unsure=True))
    assert not needs_quiet(ANYWHERE, met(Fate.PARTLY, "p"))
    assert not needs_quiet(ANYWHERE, replace(met(Fate.CAUGHT, "p"), unsure=True))


def test_the_trial_that_says_more_counts_with_the_time_of_both():
    kept = better(met(Fate.PARTLY, "p"), met(Fate.VOID, "p", "q"))

    assert (kept.fate, kept.probes, kept.seconds) == (Fate.PARTLY, ("p",), 2.0)


def test_the_part_runs_when_it_is_named():
    assert set(PARTS) >= ON_REQUEST == {"confined"}
