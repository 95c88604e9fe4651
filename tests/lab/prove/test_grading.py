import pytest

from lab.prove.grading import Grade, TriedViolation, better, grade
from lab.prove.trial import changes
from sigmic_conformance.model.record.verdict import (
    Citation,
    Outcome,
    Unproven,
    Verdict,
    blocked,
    errored,
    failed,
    inconclusive,
    passed,
)

GREEN = passed("so", Citation(probe="p", exchange=1, label="l", note="n"))
RED = failed("wrong-code", expected="a", observed="b")


@pytest.mark.parametrize(
    ("verdict", "fired", "expected", "due"),
    [
        (RED, 1, "wrong-code", Grade.CAUGHT),
        (RED, 1, None, Grade.CAUGHT),
        (RED, 1, "accepted", Grade.OTHER_REASON),
        (RED, 0, "wrong-code", Grade.VOID),
        (GREEN, 1, "wrong-code", Grade.MISSED),
        (inconclusive(Unproven.CONTROL_FAILED, "x"), 1, "wrong-code", Grade.UNPROVEN),
        (blocked("x"), 1, "wrong-code", Grade.UNPROVEN),
        (errored("x"), 1, "wrong-code", Grade.BROKEN),
        (None, 0, "wrong-code", Grade.UNJUDGED),
    ],
)
def test_only_the_declared_reason_of_a_fault_that_showed_is_a_kill(
    verdict: Verdict | None, fired: int, expected: str | None, due: Grade
):
    assert grade(expected=expected, healthy=GREEN, verdict=verdict, fired=fired) is due


def test_a_row_that_was_red_before_proves_nothing():
    assert grade(expected="wrong-code", healthy=RED, verdict=RED, fired=1) is Grade.MISSED


def test_a_row_without_a_judge_keeps_no_gate_shut():
    assert [each for each in Grade if not each.fails] == [Grade.CAUGHT, Grade.UNJUDGED]


def test_of_two_attempts_the_kill_counts_and_both_times():
    one = TriedViolation(id="f", row="A-001", expected=None, grade=Grade.VOID, seconds=1.5)
    other = TriedViolation(id="f", row="A-001", expected=None, grade=Grade.CAUGHT, fired=3, seconds=2.0)

    assert (better(one, other).grade, better(one, other).seconds) == (Grade.CAUGHT, 3.5)


def test_changes_are_the_rows_whose_outcome_or_reason_moved():
    before = {"A-001": GREEN, "A-002": GREEN, "A-003": RED}
    after = {"A-001": GREEN, "A-002": RED, "A-003": failed("other", expected="", observed=""), "A-004": RED}

    assert changes(before, after) == {
        "A-002": ((Outcome.PASSED, None), (Outcome.FAILED, "wrong-code")),
        "A-003": ((Outcome.FAILED, "wrong-code"), (Outcome.FAILED, "other")),
    }
