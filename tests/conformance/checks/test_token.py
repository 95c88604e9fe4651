from datetime import UTC, datetime
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.probes.token import segments
from sigmic_conformance.conformance.run.adjudication import adjudicate
from tests.conformance.kit import (
    LEDGER,
    REGISTRY,
    decided,
    exchange,
    judged,
    no,
    ok,
    outcome_of,
    record,
    success,
    verdict_on,
)
from tests.conformance.traffic import Traffic, cases

AT = "/api/v1/auth/token"


@pytest.mark.parametrize(
    "token", ["opaque", "", "a.b", "bm8.bm8.bm8", "W10.W10.x", "e30.e30.a.b", "e30=.e30.a", "e30.e30.a+"]
)
def test_a_token_that_is_no_jws_is_told_as_wrong(token):
    made = exchange(probe="token_exchange", label="good: default", body=success({"token": token}))

    seen = record(made, facts={"token_exchange": {"segments: default": segments(token)}})

    assert decided(verdict_on("TOKEN-006", seen)) == (Outcome.FAILED, "wrong-form")


def test_a_token_in_compact_form_is_right():
    made = exchange(probe="token_exchange", label="good: default", body=success({"token": "x"}))

    seen = record(made, facts={"token_exchange": {"segments: default": segments("e30.e30.a")}})

    assert verdict_on("TOKEN-006", seen).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [(1796023628, "passed"), ("2026-01-26T15:50:54.000Z", "passed"), ("2026-01-26T15:50:54Z", "wrong-form")],
)
def test_the_form_of_an_expiry_is_that_of_a_timestamp_if_it_is_text(ends: Any, outcome: str):
    for probe in ("token_exchange", "journey_01"):
        made = ok(probe, "token", {"token": "eyJ", "expiresAt": ends}, method="POST", target=AT)

        held = "passed" if probe == "token_exchange" else "zero-observations"
        assert outcome_of(judged("TOKEN-020", made)) == (held if outcome == "passed" else outcome)


@pytest.mark.parametrize(
    ("body", "missing", "outside"),
    [
        ({"success": True, "data": {"token": "eyJ", "expiresAt": 1}}, "passed", "passed"),
        ({"success": True, "data": {"token": "eyJ"}}, "missing", "outside-data"),
        ({"token": "eyJ", "expiresAt": 1}, "passed", "outside-data"),
    ],
)
def test_every_exchange_tells_when_its_token_expires(body: Any, missing: str, outside: str):
    made = exchange(probe="token_exchange", operation="create_token", method="POST", target=AT, body=body)

    assert outcome_of(judged("TOKEN-002", made)) == missing
    assert outcome_of(judged("TOKEN-003", made)) == outside


def lasting(seconds: float) -> str:
    """The outcome for a token requested at 1000 s whose lifetime is an hour and `seconds`."""
    ends = datetime.fromtimestamp(1000 + 3600 + seconds, UTC).isoformat().replace("+00:00", "Z")
    made = ok("token_exchange", "good: default", {"token": "eyJ", "expiresAt": ends})
    return outcome_of(judged("TOKEN-008", made, facts={"token_exchange": {"asked at": {"default": 1000.0}}}))


def test_a_lifetime_is_exact_to_a_minute():
    assert lasting(60) == lasting(-60) == "passed"
    assert lasting(60.5) == lasting(-60.5) == "wrong-lifetime"


@pytest.mark.parametrize(
    ("wrong", "outcome"), [("30m", Outcome.FAILED), ("7d", Outcome.WARNED), ("90m", Outcome.FAILED)]
)
def test_a_target_may_limit_a_lifetime_of_days(wrong: str, outcome: Outcome):
    lengths = {"30m": 1800, "1h": 3600, "7d": 604_800, "90m": 5400}
    lasts = lengths | {wrong: lengths[wrong] - 600}
    made = [
        ok(
            "token_exchange",
            f"good: {name}",
            {"token": "eyJ", "expiresAt": datetime.fromtimestamp(1000 + each, UTC).isoformat()},
            number=number,
        )
        for number, (name, each) in enumerate(lasts.items(), 1)
    ]
    seen = record(*made, facts={"token_exchange": {"asked at": dict.fromkeys(lengths, 1000.0)}})

    told = adjudicate(REGISTRY.checks["TOKEN-009"], LEDGER.by_id["TOKEN-009"], seen)

    assert (told.outcome, told.reason) == (outcome, "wrong-lifetime")


def claimed(seconds: float) -> str:
    """The outcome for tokens whose claim `exp` is `seconds` after their `expiresAt`."""
    ends = "2026-01-26T15:50:54.000Z"
    exp = datetime.fromisoformat(ends).timestamp() + seconds
    names = ("default", "30m", "1h", "7d")
    made = [ok("token_exchange", f"good: {name}", {"token": "eyJ", "expiresAt": ends}) for name in names]
    facts = {f"segments: {name}": [{}, {"exp": exp}, 3] for name in names}
    return outcome_of(judged("TOKEN-010", *made, facts={"token_exchange": facts}))


def test_a_claim_agrees_with_what_is_told_to_a_minute():
    assert claimed(60) == claimed(-60) == "passed"
    assert claimed(60.5) == claimed(-60.5) == "contradiction"


def lifetimes(**taken: bool) -> Record:
    spelt = ("31d", "zero", "leading zero", "fraction", "bare number", "capital", "week", "blank")
    labels = [f"odd: expiresIn {each}" for each in spelt]
    labels += ["bad: expiresIn empty", "bad: expiresIn negative"]
    told = [ok("token_exchange", f"odd: expiresIn {each}", {}) for each in ("90s", "30d")]
    for label in labels:
        is_taken = taken.get(label.rpartition(" ")[2], False)
        told.append(
            ok("token_exchange", label, {})
            if is_taken
            else no("token_exchange", label, 400, "INVALID_EXPIRES_IN", operation="create_token")
        )
    return record(*told)


def test_every_lifetime_that_is_none_is_refused():
    assert verdict_on("TOKEN-017", lifetimes()).outcome is Outcome.PASSED
    for spelling in ("week", "empty", "negative"):
        assert verdict_on("TOKEN-017", lifetimes(**{spelling: True})).reason == "other-lifetimes"


def exchanged(identities: str, *, subject: str = "u") -> Record:
    names = ("default", "30m", "1h", "7d")
    claims = [{"sub": subject, "iat": 1, "exp": 2, "jti": each} for each in identities]
    facts = {
        f"segments: {name}": [{"alg": "HS256"}, each, 3] for name, each in zip(names, claims, strict=True)
    }
    made = [ok("token_exchange", f"good: {name}", {}) for name in names]
    return record(*made, facts={"token_exchange": {"user": "u", **facts}}, reference=True)


def test_claims_of_tokens():
    assert verdict_on("TOKEN-019", exchanged("abcd")).outcome is Outcome.PASSED
    assert verdict_on("TOKEN-019", exchanged("abca")).reason == "other-claims"
    assert verdict_on("TOKEN-019", exchanged("abcd", subject="v")).reason == "other-claims"


@cases("TOKEN-014", (200, "completed", None), (404, "completed", "refused"), (409, "running", "unjudged"))
def test_another_token_of_the_user_continues_a_completed_task(status: int, told: str) -> Traffic:
    traffic = Traffic()
    ann, again = traffic.token("ann"), traffic.token("ann")
    traffic.create("Hi", headers=ann, role="end user ann").get(told, headers=ann, role="end user ann")
    return traffic.say(headers=again, role="end user ann", status=status)
