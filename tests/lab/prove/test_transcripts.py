import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.prove.transcript_edits import edits, removals
from lab.prove.transcripts_part import broken, conjured
from sigmic_conformance.model.record.verdict import Citation, Unproven, errored, inconclusive, passed
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.conformance.kit import event, exchange, stream

GOLDEN = Transcript(
    probe="p",
    ending=Ending.COMPLETE,
    exchanges=(
        exchange(probe="p", body={"success": True}),
        stream([(0.0, event("history_done", messageCount=0)), (1.0, event("done"))], probe="p"),
    ),
    facts={"word": "n1"},
)
GREEN = passed("so", Citation(probe="p", exchange=1, label="l", note="n"))
UNDECIDED = inconclusive(Unproven.ZERO_OBSERVATIONS, "nothing")


@settings(max_examples=200, derandomize=True, database=None)
@given(st.lists(edits(GOLDEN), max_size=4))
def test_an_edit_makes_a_transcript_of_a_transcript_and_never_touches_the_first(made: list):
    changed = GOLDEN
    for edit in made:
        changed = edit.apply(changed)

    assert changed.probe == "p"
    assert GOLDEN.facts == {"word": "n1"}
    assert len(GOLDEN.exchanges) == 2


@settings(max_examples=50, derandomize=True, database=None)
@given(removals(GOLDEN))
def test_a_removal_leaves_less_or_an_earlier_end(removal):
    after = removal.apply(GOLDEN)

    fewer = len(after.exchanges) < 2 or not after.facts
    assert fewer or after.ending is not Ending.COMPLETE


def test_a_pass_out_of_less_evidence_is_found():
    assert "A-001" in conjured({"A-001": UNDECIDED}, {"A-001": GREEN})


@pytest.mark.parametrize(("before", "after"), [(GREEN, GREEN), (UNDECIDED, UNDECIDED), (GREEN, UNDECIDED)])
def test_the_rest_is_as_it_should_be(before, after):
    assert conjured({"A-001": before}, {"A-001": after}) == ""


def test_a_judge_that_broke_is_named():
    assert broken({"A-001": GREEN, "A-002": errored("StopIteration")}) == "A-002 StopIteration"
    assert broken({"A-001": GREEN}) == ""
