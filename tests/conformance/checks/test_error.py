import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    answered,
    exchange,
    record,
    refused,
    verdict_on,
)


def huge(*refusals: Exchange) -> Record:
    probe = "body_too_large"
    control = answered({}, probe=probe, label="twin", number=8)
    listed = answered([], probe=probe, label="list", number=9, operation="list_tasks")
    return record(*refusals, control, listed, facts={probe: {"mark": "m"}})


def test_both_operations_refuse_a_body_beyond_the_limit():
    def answer(label: str, number: int, code: str = "PAYLOAD_TOO_LARGE") -> Exchange:
        return refused(413, code, probe="body_too_large", label=label, number=number)

    good, other = answer("create_task", 1), answer("send_message", 2)

    assert verdict_on("ERROR-020", huge(good, other)).observed.endswith("(and 2 more)")
    assert verdict_on("ERROR-020", huge(good, answer("send_message", 2, "NO"))).reason == "not-refused"


def unauthorized(probe: str, label: str, code: str, message: str) -> Exchange:
    body = {"success": False, "error": {"code": code, "message": message}}
    operation = "create_token" if probe == "token_exchange" else "list_tasks"
    return exchange(probe=probe, label=label, operation=operation, status=401, body=body)


@pytest.mark.parametrize(
    ("nobody", "wrong", "outcome"),
    [
        ("Authentication required", "Invalid app credentials", Outcome.PASSED),
        ("Unauthorized", "Invalid app credentials", Outcome.INFO),
        ("Authentication required", "Bad credentials", Outcome.INFO),
        ("Authentication required", None, Outcome.PASSED),  # a target without widget apps
    ],
)
def test_both_documented_messages_are_looked_at(nobody, wrong, outcome):
    told = [unauthorized("credentials", "bad: nothing", "AUTH_REQUIRED", nobody)]
    told += (
        [unauthorized("token_exchange", "bad: wrong secret", "INVALID_CREDENTIALS", wrong)] if wrong else []
    )

    seen = record(*told, probes=("strangers", "credentials", "token_exchange"))

    assert verdict_on("ERROR-027", seen).outcome is outcome
