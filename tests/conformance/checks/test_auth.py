from typing import Any

import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import answered, exchange, judged, no, ok, outcome_of, record, refused, verdict_on


def test_a_creation_without_credentials_that_is_accepted_is_an_effect():
    def seen(status: int) -> Record:
        common: dict[str, Any] = {"probe": "strangers"}
        looks = [
            answered(data, label=f"{what}{when}", number=number, **common)
            for number, (what, when, data) in enumerate(
                [
                    ("history ", "before", {"messages": []}),
                    ("history ", "after", {"messages": []}),
                    ("list ", "before", []),
                    ("list ", "after", []),
                    ("", "before", {"status": "completed"}),
                    ("", "after", {"status": "completed"}),
                ],
                1,
            )
        ]
        creation = refused(status, label="nobody, creation", number=9, operation="create_task", **common)
        return record(*looks, creation)

    assert verdict_on("AUTH-004", seen(401)).outcome is Outcome.PASSED
    assert verdict_on("AUTH-004", seen(201)).reason == "effect-without-credentials"


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "info"), (403, "info"), (402, "no-reading"), (404, "no-reading")]
)
def test_a_token_for_creation_alone_is_refused_elsewhere_as_a_credential_is(status, reason):
    operations = ("get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks")
    refused = [no("end_users", f"own: {each}", status, "NO") for each in operations]

    assert outcome_of(judged("AUTH-006", *refused)) == reason


def malformed(*codes: str, by_api_key: str = "INVALID_API_KEY", status: int = 401) -> str:
    names = ("short key", "long key", "letters beyond f", "own key and more")
    refused = [no("credentials", f"bad: {name}", 401, code) for name, code in zip(names, codes, strict=True)]
    refused.append(no("credentials", "bad: own key and more in X-API-Key", status, by_api_key))
    return outcome_of(judged("AUTH-007", *refused, ok("credentials", "good: bearer")))


def test_a_malformed_key_is_refused_with_one_code_of_two():
    assert malformed(*["INVALID_AUTH_FORMAT"] * 4) == "passed"
    assert malformed(*["INVALID_API_KEY"] * 4, by_api_key="INVALID_AUTH_FORMAT") == "passed"
    assert malformed(*["UNAUTHORIZED"] * 4) == "wrong-code"
    assert malformed(*["INVALID_API_KEY"] * 4, by_api_key="AUTH_REQUIRED") == "passed"
    assert malformed(*["UNAUTHORIZED"] * 4, by_api_key="UNAUTHORIZED") == "wrong-code"
    assert malformed("INVALID_API_KEY", "INVALID_AUTH_FORMAT", *["INVALID_API_KEY"] * 2) == "wrong-code"
    assert malformed(*["INVALID_API_KEY"] * 4, status=200) == "accepted"


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, "INVALID_TOKEN", "passed"),
        (501, "JWT_NOT_CONFIGURED", "precondition"),
        (501, "NOT_IMPLEMENTED", "server-error"),
        (400, "JWT_NOT_CONFIGURED", "wrong-status"),
        (200, "JWT_NOT_CONFIGURED", "accepted"),
    ],
)
def test_only_a_platform_that_says_so_knows_no_tokens(status, code, reason):
    asked = no("credentials", "bad: unsigned token", status, code)

    assert outcome_of(judged("AUTH-010", asked, ok("credentials", "good: bearer"))) == reason


def with_both(second: Exchange) -> Record:
    first = ok("credentials", "both headers", [], operation="list_tasks")
    return record(first, second, probes=("credentials",))


def test_a_good_key_beside_a_bad_authorization_opens_nothing():
    label = "both headers, the other way"
    refused = no("credentials", label, 401, "INVALID_API_KEY", operation="list_tasks")
    let_in = ok("credentials", label, [], operation="list_tasks")

    assert verdict_on("AUTH-015", with_both(refused)).outcome is Outcome.PASSED
    assert verdict_on("AUTH-015", with_both(let_in)).reason == "other-header-decides"


@pytest.mark.parametrize("valid", [None, "refused", "accepted"])
def test_a_token_is_no_key_even_if_it_is_good(valid):
    told = [ok("credentials", "good: bearer", [], operation="list_tasks")]
    told += [no("credentials", "token as key", 401, "INVALID_API_KEY", operation="list_tasks")]
    label = "as a key"
    if valid == "refused":
        told.append(no("token_lifetime", label, 401, "INVALID_API_KEY", operation="list_tasks"))
    if valid == "accepted":
        told.append(ok("token_lifetime", label, [], operation="list_tasks"))

    found = judged("AUTH-016", *told)

    assert found.reason == ("accepted" if valid == "accepted" else None)


LABELS = ("valid", "allowed origin", "allowed origin creates")


def from_origins(*statuses: int, allowed: str | None = "https://shop.example") -> Verdict:
    """The verdict on answers without an origin, and with the allowed one to reading and creating."""
    answers = [
        exchange(probe="token_lifetime", label=label, status=status, number=number)
        for number, (label, status) in enumerate(zip(LABELS, statuses, strict=True), 1)
    ]
    return judged("AUTH-024", *answers, allowed_origin=allowed, has_widget=True)


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        ((200, 200, 201), None),
        ((200, 403, 201), "refused"),
        ((200, 200, 403), "refused"),
        ((401, 401, 401), "control-failed"),
    ],
)
def test_an_allowed_origin_is_let_in(statuses, reason):
    found = from_origins(*statuses)

    assert found.reason == reason
    assert (found.outcome is Outcome.PASSED) == (reason is None)


def test_without_an_allowed_origin_there_is_nothing_to_let_in():
    assert from_origins(200, 403, 403, allowed=None).outcome is Outcome.INAPPLICABLE
