from sigmic_conformance.model.record.observations import SHOWN, Observations
from sigmic_conformance.model.record.verdict import Outcome
from tests.conformance.kit import exchange


def observations(*held: int) -> Observations:
    """Observations in this order: the rule held (1) or was broken (0)."""
    made = Observations("broken", "the rule")
    for number, holds in enumerate(held, 1):
        made.add(bool(holds), exchange(number=number), f"seen {number}")
    return made


def test_nothing_seen_is_no_verdict():
    verdict = observations().verdict()

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, "zero-observations")
    assert "the rule" in verdict.observed


def test_a_single_observation_is_reported_unchanged():
    assert observations(1).verdict().observed == "seen 1"
    assert observations(0).verdict().observed == "seen 1"


def test_more_observations_of_a_kind_are_counted():
    assert observations(1, 1).verdict().others == 1
    assert observations(1, 1, 1, 1, 1).verdict().others == 4
    assert observations(0, 0).verdict().others == 1
    assert observations(0, 0, 1, 0).verdict().others == 2


def test_one_violation_fails_the_requirement_and_the_first_one_is_reported():
    verdict = observations(1, 0, 1, 0).verdict()

    assert (verdict.outcome, verdict.reason, verdict.expected) == (Outcome.FAILED, "broken", "the rule")
    assert (verdict.observed, verdict.others) == ("seen 2", 1)
    assert [each.exchange for each in verdict.evidence] == [2, 4]


def test_evidence_is_limited_to_the_first_three_exchanges():
    assert [each.exchange for each in observations(*[1] * 9).verdict().evidence] == [1, 2, 3]
    assert [each.exchange for each in observations(*[0] * 9).verdict().evidence] == [1, 2, 3]
    assert SHOWN == 3


def test_a_violation_can_have_its_own_reason_and_add_returns_if_it_held():
    made = Observations("broken", "the rule")

    assert made.add(holds=True, exchange=exchange(), observed="good") is True
    assert made.add(holds=False, exchange=exchange(), observed="bad", reason="otherwise", offset=0) is False
    assert made.verdict().reason == "otherwise"
    assert made.verdict().evidence[0].offset == 0
