from dataclasses import replace

import pytest

from sigmic_conformance.model.record.controls import ANY_CODE
from sigmic_conformance.model.record.rules import Acceptance, Refusal
from sigmic_conformance.model.record.verdict import Outcome
from tests.conformance.kit import P, judged, no, ok, record, verdicts


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Refusal(P, ["bad"], control="good"), "4xx"),
        (Refusal(P, ["bad"], 404, control="good"), "404"),
        (Refusal(P, ["bad"], code="NOT_FOUND", control="good"), "NOT_FOUND"),
        (Refusal(P, ["bad"], 404, "NOT_FOUND", control="good"), "404 NOT_FOUND"),
        (Refusal(P, ["bad"], code=ANY_CODE, control="good"), "4xx"),
        (Refusal(P, ["bad"], 404, expected="gone", control="good"), "gone"),
        (Acceptance(P, ["good"]), "accepted"),
        (Acceptance(P, ["good"], "taken"), "taken"),
    ],
)
def test_a_rule_describes_the_expected_answer_in_words(rule, expected):
    seen = record(ok("p", "good", number=1), no("p", "bad", 404, "NOT_FOUND", number=2))

    verdict = rule(seen)

    assert (verdict.outcome, verdict.expected) == (Outcome.PASSED, expected)


@verdicts(
    (404, "NOT_FOUND", "passed"),
    (404, "GONE", "wrong-code"),
    (410, "NOT_FOUND", "wrong-status"),
    (500, "NOT_FOUND", "server-error"),
)
def test_status_and_code_of_a_refusal_are_those_of_the_table(status, code):
    rule = Refusal(P, ["bad"], 404, "NOT_FOUND", control="good")

    seen = record(ok("p", "good", number=1), no("p", "bad", status, code, number=2))
    return rule(seen)


def test_a_refusal_must_be_in_the_envelope_and_not_a_page():
    accepted, told = ok("paths_and_methods", "twin"), no("paths_and_methods", "unknown path", 400, "NO")

    assert judged("HTTP-005", accepted, told).outcome is Outcome.PASSED
    assert judged("HTTP-005", accepted, replace(told, chunks=())).reason == "no-envelope"
