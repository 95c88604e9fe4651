from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.verdict import (
    Outcome,
    Unproven,
    Verdict,
    bind,
    both,
    failed,
    inconclusive,
    passed,
    warned,
)
from sigmic_conformance.spec.requirement import Evidence, Level
from tests.conformance.kit import exchange

VIOLATION = failed("broken", expected="a", observed="b")


def test_nothing_passes_without_evidence():
    with pytest.raises(ValueError, match="without evidence"):
        passed("fine")


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.INCONCLUSIVE])
def test_a_refusal_to_pass_needs_a_reason_code(outcome):
    with pytest.raises(ValueError, match="reason"):
        Verdict(outcome=outcome)


@pytest.mark.parametrize(
    ("evidence", "level", "reference", "outcome"),
    [
        (Evidence.DOCUMENTED, Level.MUST, False, Outcome.FAILED),
        (Evidence.INHERITED, Level.MUST, False, Outcome.FAILED),
        (Evidence.DOCUMENTED, Level.SHOULD, False, Outcome.WARNED),
        (Evidence.DOCUMENTED, Level.MAY, False, Outcome.INFO),
        (Evidence.EXAMPLE, Level.MUST, False, Outcome.WARNED),
        (Evidence.INFERRED, Level.MUST, True, Outcome.WARNED),
        (Evidence.CHOSEN, Level.MUST, False, Outcome.INFO),
        (Evidence.CHOSEN, Level.MUST, True, Outcome.FAILED),
    ],
)
def test_only_stated_and_inherited_musts_fail_somebody_else(evidence, level, reference, outcome):
    assert bind(VIOLATION, evidence=evidence, level=level, reference=reference).outcome is outcome


@pytest.mark.parametrize(
    ("evidence", "premises", "outcome"),
    [
        (Evidence.DOCUMENTED, (Premise.DONE_COMPLETES,), Outcome.WARNED),
        (Evidence.DOCUMENTED, (Premise.CANCELLED_CANCELS,), Outcome.INFO),
        (Evidence.INHERITED, (Premise.CANCELLED_CANCELS, Premise.DONE_COMPLETES), Outcome.INFO),
        (Evidence.CHOSEN, (Premise.DONE_COMPLETES,), Outcome.INFO),
    ],
)
def test_what_was_seen_binds_no_more_strongly_than_its_weakest_premise(evidence, premises, outcome):
    seen = replace(VIOLATION, premises=premises)

    bound = bind(seen, evidence=evidence, level=Level.MUST, reference=False)

    assert bound.outcome is outcome
    assert bound.observed.startswith("b; rests on: ")
    for premise in premises:
        assert f"{premise.words} ({premise.evidence}, {premise.source})" in bound.observed


def test_a_chosen_premise_binds_the_reference_platform_alone():
    seen = replace(VIOLATION, premises=(Premise.CANCELLED_CANCELS,))

    bound = bind(seen, evidence=Evidence.DOCUMENTED, level=Level.MUST, reference=True)

    assert bound.outcome is Outcome.FAILED


def test_binding_leaves_everything_else_alone():
    unproven = inconclusive(Unproven.BUDGET, "spent")

    assert bind(unproven, evidence=Evidence.CHOSEN, level=Level.MAY, reference=False) is unproven


def test_the_order_of_outcomes_is_that_of_severity():
    assert [outcome for outcome in Outcome if outcome.proves] == [
        Outcome.INAPPLICABLE,
        Outcome.PASSED,
        Outcome.INFO,
        Outcome.WARNED,
    ]


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.INAPPLICABLE,
        Outcome.PASSED,
        Outcome.INFO,
        Outcome.BLOCKED,
        Outcome.INCONCLUSIVE,
        Outcome.ERRORED,
    ],
)
@pytest.mark.parametrize("evidence", list(Evidence))
@pytest.mark.parametrize("level", list(Level))
def test_only_broken_rules_are_bound(outcome, evidence, level):
    seen = Verdict(outcome=outcome, reason="a-b", evidence=(cite(exchange()),))

    assert bind(seen, evidence=evidence, level=level, reference=False) is seen


@pytest.mark.parametrize(
    ("evidence", "level", "reference", "outcome"),
    [
        (Evidence.DOCUMENTED, Level.MUST, False, Outcome.WARNED),
        (Evidence.DOCUMENTED, Level.MAY, True, Outcome.INFO),
        (Evidence.CHOSEN, Level.SHOULD, True, Outcome.WARNED),
        (Evidence.CHOSEN, Level.SHOULD, False, Outcome.INFO),
        (Evidence.CHOSEN, Level.MAY, True, Outcome.WARNED),
    ],
)
def test_a_warning_is_bound_as_well_and_never_becomes_a_failure(evidence, level, reference, outcome):
    seen = warned("odd", expected="a", observed="b")

    assert bind(seen, evidence=evidence, level=level, reference=reference).outcome is outcome


def test_a_bound_verdict_keeps_all_but_its_outcome():
    bound = bind(VIOLATION, evidence=Evidence.DOCUMENTED, level=Level.SHOULD, reference=False)

    assert bound == replace(VIOLATION, outcome=Outcome.WARNED)


@pytest.mark.parametrize("reason", ["a", "a-b", "a1-2b"])
def test_reason_codes(reason):
    assert failed(reason, expected="", observed="").reason == reason


@pytest.mark.parametrize("reason", ["A", "a_b", "a-", "-a", "a--b", "a b"])
def test_no_reason_codes(reason):
    with pytest.raises(ValueError, match="not a reason code"):
        failed(reason, expected="", observed="")


def test_the_last_of_several_passes_is_told():
    found = [passed(said, cite(exchange())) for said in ("one", "two", "three")]

    assert both(*found).observed == "three"
