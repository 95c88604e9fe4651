"""Grades of confined violations, and which violations are retried."""

from dataclasses import replace

import pytest

from lab.prove.confined_part import (
    TELLING,
    also_told,
    bringing,
    graded,
    is_doubtful,
    is_undecided,
    needs_quiet,
)
from lab.prove.confined_report import ConfinedResult
from lab.prove.confinement import Confined
from lab.prove.grading import Grade
from lab.prove.lanes import ON_REQUEST, PARTS
from sigmic_conformance.model.record.verdict import (
    Citation,
    Unproven,
    Verdict,
    failed,
    inconclusive,
    passed,
)
from sigmic_conformance.registry import load
from sigmic_spec.ledger import Ledger
from sigmic_spec.situations import Value

REGISTRY = load(Ledger.load().by_id)
GREEN = passed("so", Citation(probe="p", exchange=1, label="l", note="n"))
RED = failed("wrong", expected="a", observed="b")
OPEN = inconclusive(Unproven.CONTROL_FAILED, "x")


@pytest.mark.parametrize(
    ("own", "other", "fired", "grade"),
    [
        (RED, GREEN, 1, Grade.CAUGHT),
        (RED, RED, 1, Grade.CAUGHT),
        (GREEN, RED, 1, Grade.PARTLY),
        (OPEN, RED, 1, Grade.PARTLY),
        (OPEN, GREEN, 1, Grade.UNPROVEN),
        (RED, GREEN, 0, Grade.VOID),
    ],
)
def test_it_is_caught_by_its_own_row_and_partly_by_another(
    own: Verdict, other: Verdict, fired: int, grade: Grade
):
    before = {"OWN-001": GREEN, "OTHER-001": GREEN}

    assert graded("OWN-001", before, {"OWN-001": own, "OTHER-001": other}, fired=fired).grade is grade


ANYWHERE = Confined(fault="f", values=(Value("session", "live"),), probes=("p", "q"))


def met(grade: Grade, *probes: str) -> ConfinedResult:
    return ConfinedResult(id="f", row="OWN-001", grade=grade, probes=probes, seconds=1.0)


@pytest.mark.parametrize(
    "first",
    [
        met(Grade.VOID, "own", "p", "q"),
        met(Grade.UNPROVEN, "own", "p", "q"),
        met(Grade.MISSED, "own", "p"),
        met(Grade.MISSED, "own", "p", "q"),
        replace(met(Grade.MISSED, "own", "p", "q", *TELLING), unsure=True),
    ],
)
def test_a_violation_that_more_probes_can_catch_is_tried_again(first: ConfinedResult):
    assert is_doubtful(ANYWHERE, first)


@pytest.mark.parametrize("first", [met(Grade.CAUGHT, "own"), met(Grade.MISSED, "own", "p", "q", *TELLING)])
def test_a_caught_or_fully_tested_violation_is_not_tried_again(first: ConfinedResult):
    assert not is_doubtful(ANYWHERE, first)


def test_an_unhurried_retry_adds_short_probes_and_the_most_frequent_one():
    seconds = {"often": 30.0, "long": 9.0} | {f"short{number}": float(number) for number in range(8)}

    assert bringing(seconds, hurried=True) == ("short0", "short1")
    assert bringing(seconds, hurried=False) == (*(f"short{number}" for number in range(8)), "long", "often")
    assert bringing({"p": 50.0, "q": 60.0}, hurried=False) == ("q", "p")


def test_an_invariant_of_another_row_that_broke_is_another_row_that_turned_red():
    told = also_told(met(Grade.MISSED, "p"), {"OTHER-001", "OWN-001"})

    assert (told.grade, told.red) == (Grade.PARTLY, ("OTHER-001",))
    assert also_told(met(Grade.MISSED, "p"), {"OWN-001"}).grade is Grade.MISSED
    assert also_told(met(Grade.VOID, "p"), {"OTHER-001"}).grade is Grade.VOID


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (replace(met(Grade.MISSED, "p"), unsure=True), True),
        (replace(met(Grade.UNPROVEN, "p"), reason=Unproven.TIMING_NOISE), True),
        (replace(met(Grade.UNPROVEN, "p"), reason=Unproven.CONTROL_FAILED), False),
        (replace(met(Grade.PARTLY, "p"), unsure=True), False),
        (met(Grade.MISSED, "p"), False),
    ],
)
def test_a_violation_left_open_by_timing_noise_is_not_a_miss(last: ConfinedResult, expected: object):
    assert is_undecided(last) is expected


def test_a_violation_that_noise_may_have_hidden_is_tried_alone():
    assert needs_quiet(ANYWHERE, replace(met(Grade.PARTLY, "p"), unsure=True))
    assert not needs_quiet(ANYWHERE, met(Grade.PARTLY, "p"))
    assert not needs_quiet(ANYWHERE, replace(met(Grade.CAUGHT, "p"), unsure=True))


def test_the_part_runs_when_it_is_named():
    assert set(PARTS) >= ON_REQUEST == {"confined"}
