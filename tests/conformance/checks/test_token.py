import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.traffic.probes.token import segments
from sigmic_conformance.wire.transcript import Exchange
from tests.conformance.handwritten import Traffic, cases, stories
from tests.conformance.kit import (
    decided,
    exchange,
    judged,
    no,
    ok,
    outcome_of,
    record,
    success,
    verdict_on,
    verdicts,
)

AT = "/api/v1/auth/token"


@pytest.mark.parametrize(
    "token", ["opaque", "", "a.b", "bm8.bm8.bm8", "W10.W10.x", "e30.e30.a.b", "e30=.e30.a", "e30.e30.a+"]
)
def test_a_token_that_is_no_jws_is_reported_as_wrong(token):
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


BEGAN = datetime(2026, 11, 24, 16, tzinfo=UTC)
"""The Date of the answers."""
ASKED = {"expiresIn": "30m", "env": {"A": "b"}}


def lasting(seconds: float, asked: dict[str, Any], *, exp: float | None = None) -> Traffic:
    """An exchange of any probe; its token ends after this number of seconds, by its claim at `exp`."""
    ends, traffic = BEGAN + timedelta(seconds=seconds), Traffic()
    claims = base64.urlsafe_b64encode(json.dumps({"exp": exp}).encode()).decode().rstrip("=")
    token = f"eyJhbGciOiJIUzI1NiJ9.{claims}.[secret:0000000000000000]"
    traffic.token(fields=asked, token=token, ends=ends.isoformat().replace("+00:00", "Z"))
    return traffic


test_every_lifetime = stories(
    ("TOKEN-008", lambda seconds: lasting(seconds, {}), 3660, 3660.5, "wrong-lifetime"),
    ("TOKEN-008", lambda seconds: lasting(seconds, {"env": {"A": "b"}}), 3540, 86400, "wrong-lifetime"),
    ("TOKEN-009", lambda seconds: lasting(seconds, ASKED), 1800, 3600, "wrong-lifetime"),
    ("TOKEN-009", lambda seconds: lasting(seconds, {"expiresIn": "2s"}), 2, 120, "wrong-lifetime"),
    ("TOKEN-010", lambda off: lasting(60, {}, exp=BEGAN.timestamp() + off), 0, 121, "contradiction"),
)


def test_the_time_at_which_a_probe_asked_counts():
    made = ok("token_exchange", "good: 1h", {"token": "eyJ", "expiresAt": 4601}, method="POST", target=AT)

    assert judged("TOKEN-008", made, noted={"asked at": {"1h": 1000.0}}).outcome is Outcome.PASSED
    assert judged("TOKEN-008", made, noted={"asked at": {"1h": 900.0}}).reason == "wrong-lifetime"


def test_a_target_may_limit_a_lifetime_of_days():
    assert lasting(86_400, {"expiresIn": "7d"}).judged("TOKEN-009").outcome is Outcome.WARNED


@cases("TOKEN-014", (200, "completed", None), (404, "completed", "refused"), (409, "running", "unjudged"))
def test_another_token_of_the_user_continues_a_completed_task(status: int, told: str) -> Traffic:
    traffic = Traffic()
    ann, again = traffic.token("ann"), traffic.token("ann")
    traffic.create("Hi", headers=ann, role="end user ann").get(told, headers=ann, role="end user ann")
    return traffic.say(headers=again, role="end user ann", status=status)


VALUES = {"env": {"WORD": "abcdefgh"}}


def exchanged(**more: Any) -> Traffic:
    """An exchange with variables, or a refused one."""
    traffic = Traffic()
    traffic.token("ann", fields=VALUES, **more)
    return traffic


test_what_an_exchange_shows = stories(
    ("TOKEN-012", lambda token: exchanged(token=token), "eyJ.a.b", "eyJ.abcdefgh.b", "variable-in-answer"),
    (
        "TOKEN-015",
        lambda code: exchanged(status=401, code=code),
        "INVALID_CREDENTIALS",
        "eyJhbGciOiJIUzI1NiJ9.x.y",
        "token-in-refusal",
    ),
)

PROBE, GOOD = "token_exchange", "good: default"


@verdicts((201, "passed"), (400, "refused"))
def test_each_good_exchange_is_accepted(status: int) -> Verdict:
    labels = [GOOD, "good: concurrent 1", "good: concurrent 2", "good: 30m", "good: 1h", "good: 7d"]
    asked = [answer(PROBE, label, status) for label in (*labels, "good: variables")]
    found = {judged(row, *asked).reason for row in ("TOKEN-004", "TOKEN-005", "TOKEN-007", "TOKEN-013")}
    assert len(found) == 1
    return judged("TOKEN-004", *asked)


def answer(probe: str, label: str, status: int) -> Exchange:
    return ok(probe, label, {}) if status < 400 else no(probe, label, status)


@verdicts(("eyJ", "passed"), ("abc", "wrong-form"))
def test_a_token_begins_like_one(start: str) -> Verdict:
    return judged("TOKEN-001", ok(PROBE, GOOD), noted={"starts: default": start})


@verdicts(([], "passed"), (["WORD"], "variable-in-token"))
def test_no_value_is_in_the_token(leaks: list[str]) -> Verdict:
    return judged("TOKEN-011", ok(PROBE, "good: variables"), noted={"leaks: variables": leaks})


@verdicts((401, "passed"), (404, "app-revealed"))
def test_an_unknown_app_is_refused_like_a_wrong_secret(status: int) -> Verdict:
    wrong = no(PROBE, "bad: wrong secret", 401, "INVALID_CREDENTIALS")
    return judged("TOKEN-016", wrong, no(PROBE, "bad: unknown app", status, "INVALID_CREDENTIALS"))
