from sigmic_conformance.conformance.judging.observations import SHOWN, Claim
from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.making import exchange


def claim(*held: int) -> Claim:
    """A claim that saw something hold (1) or break (0), in this order."""
    made = Claim("broken", "the rule")
    for number, holds in enumerate(held, 1):
        made.see(bool(holds), exchange(number=number), f"seen {number}")
    return made


def test_nothing_seen_is_no_verdict():
    verdict = claim().verdict()

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, "zero-observations")
    assert "the rule" in verdict.observed


def test_one_observation_is_told_as_it_is():
    assert claim(1).verdict().observed == "seen 1"
    assert claim(0).verdict().observed == "seen 1"


def test_more_observations_of_a_kind_are_counted():
    assert claim(1, 1).verdict().observed == "seen 1 (and 1 more)"
    assert claim(1, 1, 1, 1, 1).verdict().observed == "seen 1 (and 4 more)"
    assert claim(0, 0).verdict().observed == "seen 1 (and 1 more)"
    assert claim(0, 0, 1, 0).verdict().observed == "seen 1 (and 2 more)"


def test_one_violation_outweighs_all_that_held_and_the_first_is_told():
    verdict = claim(1, 0, 1, 0).verdict()

    assert (verdict.outcome, verdict.reason, verdict.expected) == (Outcome.FAILED, "broken", "the rule")
    assert verdict.observed == "seen 2 (and 1 more)"
    assert [each.exchange for each in verdict.evidence] == [2, 4]


def test_evidence_is_bounded_to_what_came_first():
    assert [each.exchange for each in claim(*[1] * 9).verdict().evidence] == [1, 2, 3]
    assert [each.exchange for each in claim(*[0] * 9).verdict().evidence] == [1, 2, 3]
    assert SHOWN == 3


def test_a_violation_may_have_a_reason_of_its_own_and_see_says_what_was_seen():
    made = Claim("broken", "the rule")

    assert made.see(holds=True, exchange=exchange(), observed="good") is True
    assert made.see(holds=False, exchange=exchange(), observed="bad", reason="otherwise", offset=0) is False
    assert made.verdict().reason == "otherwise"
    assert made.verdict().evidence[0].offset == 0
