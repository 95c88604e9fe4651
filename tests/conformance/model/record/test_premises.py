"""Each premise is covered by a row or a fact of the ledger, and has a grade."""

import pytest

from sigmic_conformance.model.record.premises import Premise, by_strength, weaker_than, weakest
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import Evidence

LEDGER = Ledger.load()


@pytest.mark.parametrize("premise", list(Premise))
def test_a_premise_has_the_evidence_grade_of_its_source(premise: Premise):
    row = LEDGER.by_id.get(premise.source)
    if row is not None:
        assert premise.evidence is row.evidence
    else:
        assert (premise.evidence or "gap") in LEDGER.facts[premise.source].tags


@pytest.mark.parametrize("premise", list(Premise))
def test_a_documented_sentence_is_not_a_premise(premise: Premise):
    assert premise.evidence not in {Evidence.DOCUMENTED, Evidence.INHERITED}


def test_evidence_grades_are_ordered_by_strength():
    assert by_strength(Evidence)[0] is Evidence.DOCUMENTED
    assert weakest(Evidence.EXAMPLE, None, Evidence.INFERRED) is None
    assert weaker_than(Evidence.INFERRED, Premise) == {each for each in Premise if each.evidence is None}
