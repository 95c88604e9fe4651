"""The premises that a breach depends on, found by repeating the judgement without them."""

from collections.abc import Callable

import pytest

from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.verdict import Verdict, failed, passed
from sigmic_conformance.run.adjudication import graded
from sigmic_spec.requirement import Evidence
from tests.conformance.kit import exchange

DONE, NEW_ID, ERROR = Premise.DONE_COMPLETES, Premise.NEW_ID_RESTORES, Premise.CANCELLED_CANCELS
BAD = failed("broken", expected="a", observed="b")
GOOD = passed("fine", cite(exchange()))


def broken_by(*derivations: set[Premise]) -> Callable[[frozenset[Premise]], Verdict]:
    """A judge that finds a breach by any of these derivations. Each derivation needs all its premises."""

    def lacking(premises: frozenset[Premise]) -> Verdict:
        found = [number for number, each in enumerate(derivations) if not each & premises]
        return failed("broken", expected="a", observed=f"derivation {found[0]}") if found else GOOD

    return lacking


@pytest.mark.parametrize(
    ("derivations", "premises"),
    [
        ([set()], ()),
        ([{DONE}, set()], ()),
        ([{DONE}], (DONE,)),
        ([{DONE}, {ERROR}], (DONE,)),
        ([{ERROR}], (ERROR,)),
        ([{DONE, NEW_ID}], (DONE, NEW_ID)),
        ([{DONE}, {NEW_ID}], (DONE, NEW_ID)),
        ([{DONE, ERROR}], (ERROR,)),
    ],
)
def test_a_breach_rests_on_the_premises_of_its_strongest_derivation(
    derivations: list[set[Premise]], premises: tuple[Premise, ...]
):
    used = (DONE, ERROR, NEW_ID)
    found = graded(BAD, broken_by(*derivations), evidence=Evidence.DOCUMENTED, used=used)

    assert found.premises == premises


def test_the_story_is_that_of_the_strongest_derivation():
    found = graded(BAD, broken_by({DONE}, set()), evidence=Evidence.DOCUMENTED, used=Premise)

    assert found.observed == "derivation 1"


@pytest.mark.parametrize(
    ("verdict", "evidence", "used"),
    [
        (GOOD, Evidence.DOCUMENTED, list(Premise)),
        (BAD, Evidence.DOCUMENTED, []),
        (BAD, Evidence.INFERRED, [DONE]),
    ],
)
def test_nothing_is_judged_again_where_no_premise_can_weaken_it(
    verdict: Verdict, evidence: Evidence, used: list[Premise]
):
    def never(_: frozenset[Premise]) -> Verdict:
        raise AssertionError("judged again")

    assert graded(verdict, never, evidence=evidence, used=used) is verdict
