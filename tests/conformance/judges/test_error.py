import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.transcript.transcript import Ending, Exchange
from tests.conformance.kit import (
    LEDGER,
    REGISTRY,
    answered,
    decided,
    exchange,
    no,
    ok,
    page_of_tasks,
    record,
    refused,
    success,
    verdict_on,
    viewed,
)


def table(control: int, refusal: int, code: str | None = "INVALID_API_KEY") -> Verdict:
    """The row on unknown keys, with these answers to the good and the bad key."""
    body = {"success": False, "error": {"code": code, "message": "m"}} if code else {"detail": "no"}
    good = exchange(
        probe="credentials", label="good: bearer", status=control, body={"success": True, "data": []}
    )
    bad = [
        exchange(probe="credentials", number=n, label=f"bad: {name}", status=refusal, body=body)
        for n, name in enumerate(("unknown key", "unknown key in X-API-Key"), 2)
    ]
    return adjudicate(REGISTRY.judges["ERROR-002"], LEDGER.by_id["ERROR-002"], record(good, *bad))


def test_a_refusal_counts_only_beside_an_accepted_control():
    assert table(200, 401).outcome is Outcome.PASSED
    assert table(401, 401).reason == "control-failed"


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (200, "INVALID_API_KEY", "accepted"),
        (403, "INVALID_API_KEY", "wrong-status"),
        (401, "AUTH_REQUIRED", "wrong-code"),
        (401, None, "wrong-code"),
        (500, "INVALID_API_KEY", "server-error"),
    ],
)
def test_a_refusal_for_the_wrong_reason_fails(status, code, reason):
    assert (table(200, status, code).outcome, table(200, status, code).reason) == (Outcome.FAILED, reason)


def beside_a_control(*, control: int | None, status: int, code: str = "AUTH_REQUIRED") -> Verdict:
    refusal = {"success": False, "error": {"code": code, "message": "m"}}
    made = [
        exchange(
            probe="token_exchange",
            number=1,
            label="good: default",
            status=control,
            body=success({"token": "x"}),
        ),
        exchange(probe="token_exchange", number=2, label="bad: wrong secret", status=status, body=refusal),
        exchange(probe="token_exchange", number=3, label="bad: unknown app", status=401, body=refusal),
    ]
    return verdict_on("ERROR-009", record(*made[0 if control else 1 :], ending=Ending.INTERRUPTED))


@pytest.mark.parametrize("control", [200, 401, 500, None])
def test_what_was_accepted_fails_whatever_became_of_its_control(control):
    assert decided(beside_a_control(control=control, status=200)) == (Outcome.FAILED, "accepted")


def test_a_refusal_still_needs_its_control():
    assert decided(beside_a_control(control=500, status=500)) == (Outcome.INCONCLUSIVE, "control-failed")
    assert decided(beside_a_control(control=401, status=401)) == (Outcome.INCONCLUSIVE, "control-failed")
    assert beside_a_control(control=None, status=401).outcome is Outcome.BLOCKED
    assert beside_a_control(control=200, status=401, code="INVALID_CREDENTIALS").outcome is Outcome.PASSED


def test_what_was_accepted_fails_although_another_was_never_asked():
    made = exchange(probe="token_exchange", label="bad: wrong secret", status=200, body=success({}))

    seen = record(made, ending=Ending.INTERRUPTED)

    assert decided(verdict_on("ERROR-009", seen)) == (Outcome.FAILED, "accepted")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            no("viewer", "changes: create_task", 403, "AUTH_REQUIRED", operation="create_task"),
            "wrong-refusal",
        ),
        (no("viewer", "changes: send_message", 404, "FORBIDDEN", operation="create_task"), "wrong-refusal"),
        (ok("viewer", "changes: create_task", {"id": "b"}), "accepted"),
        (ok("viewer", "after", {"id": "a", "status": "cancelled"}), "changed"),
        (ok("viewer", "history after", {"messages": [{"content": "x"}]}), "changed"),
        (page_of_tasks("viewer", "list", "ab", systemPrompt="marked"), "changed"),
    ],
)
def test_a_viewer_changes_nothing(change, reason):
    assert verdict_on("ERROR-012", viewed()).outcome is Outcome.PASSED
    assert verdict_on("PROJECT-005", viewed()).outcome is Outcome.PASSED
    assert verdict_on("ERROR-012", viewed(change=change)).reason == reason


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
