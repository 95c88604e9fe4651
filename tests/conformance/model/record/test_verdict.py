import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict, failed, passed


def test_nothing_passes_without_evidence():
    with pytest.raises(ValueError, match="without evidence"):
        passed("fine")


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.INCONCLUSIVE])
def test_a_refusal_to_pass_needs_a_reason_code(outcome):
    with pytest.raises(ValueError, match="reason"):
        Verdict(outcome=outcome)


def test_the_order_of_outcomes_is_that_of_severity():
    assert [outcome for outcome in Outcome if outcome.proves] == [
        Outcome.INAPPLICABLE,
        Outcome.PASSED,
        Outcome.INFO,
        Outcome.WARNED,
    ]


@pytest.mark.parametrize("reason", ["a", "a-b", "a1-2b"])
def test_reason_codes(reason):
    assert failed(reason, expected="", observed="").reason == reason


@pytest.mark.parametrize("reason", ["A", "a_b", "a-", "-a", "a--b", "a b"])
def test_no_reason_codes(reason):
    with pytest.raises(ValueError, match="not a reason code"):
        failed(reason, expected="", observed="")
