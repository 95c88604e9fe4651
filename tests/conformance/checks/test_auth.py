import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import judged, no, ok, outcome_of, record, verdict_on


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
