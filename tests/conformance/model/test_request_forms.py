"""A target's answers to one form of request count only for rows about that form."""

from typing import Any

import pytest

from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.verdict import Outcome, failed
from sigmic_conformance.conformance.model.request_forms import ROWS, RequestForm
from sigmic_conformance.conformance.registry import Check
from sigmic_conformance.conformance.run.adjudication import adjudicate
from tests.conformance.kit import LEDGER, REGISTRY, record
from tests.conformance.traffic import BY_API_KEY, TASKS, Traffic

URLENCODED = "application/x-www-form-urlencoded"
UNSUPPORTED: dict[str, Any] = {"status": 415, "code": "UNSUPPORTED_MEDIA_TYPE"}


def expired() -> Traffic:
    """A completed task whose session has expired, after a follow-up in another form."""
    traffic = Traffic(session_expiry_seconds=6.0).begun().say().get()
    traffic.now += 30
    return traffic


def as_form(traffic: Traffic, **answer: Any) -> Traffic:
    return traffic.add("POST", f"{TASKS}/t/messages", kind=URLENCODED, text="message=More", **answer)


def test_a_form_that_is_refused_everywhere_shows_nothing_of_an_expired_session():
    assert not as_form(expired(), **UNSUPPORTED).spoke("SESSION-001")


def test_one_that_is_refused_there_alone_does():
    traffic = expired().add(
        "POST", TASKS, {"id": "u", "status": "pending"}, status=201, kind=URLENCODED, text="message=Hi"
    )

    assert as_form(traffic, **UNSUPPORTED).reasons("SESSION-001") == {"expiry-error"}


def test_another_refusal_of_the_same_form_is_not_of_the_form():
    traffic = Traffic().begun()
    as_form(as_form(traffic, **UNSUPPORTED), status=400, code="SESSION_EXPIRED")

    assert traffic.evaluation().refused_forms == {}


@pytest.mark.parametrize(("times", "forms"), [(1, {}), (2, {RequestForm.URLENCODED: (400, "NO")})])
def test_a_status_that_does_not_speak_of_forms_has_to_occur_twice(times: int, forms: dict[RequestForm, Any]):
    traffic = Traffic().begun().say()
    for _ in range(times):
        as_form(traffic, status=400)

    assert traffic.evaluation().refused_forms == forms


def test_a_row_about_the_form_judges_it():
    traffic = Traffic().begun().get()
    for _ in range(2):
        traffic.get(headers=BY_API_KEY, status=401, code="INVALID_API_KEY")

    assert traffic.evaluation().refused_forms == {RequestForm.API_KEY_HEADER: (401, "INVALID_API_KEY")}
    assert traffic.reasons("AUTH-002") == {"refused"}


def test_a_judge_fails_nobody_by_a_form_that_is_refused_everywhere():
    row = "CREATE-003"
    traffic = Traffic().create().add("POST", TASKS, kind=URLENCODED, text="message=Hi", **UNSUPPORTED)
    refused = traffic.exchanges[-1]
    needs = REGISTRY.checks[row].needs
    seen = record(*traffic.exchanges, probes=(refused.probe, *needs))
    judge = Check(
        id=row,
        function=lambda _: failed("refused", cite(refused), expected="accepted", observed="refused"),
        needs=needs,
    )

    found = adjudicate(judge, LEDGER.by_id[row], seen)

    assert found.outcome is Outcome.INCONCLUSIVE


def test_the_rows_about_forms_exist():
    ids = LEDGER.by_id

    assert all(any(row.startswith(begin) for row in ids) for rows in ROWS.values() for begin in rows)
