"""Every operation refuses an invalid credential and accepts a valid one."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.kit import JSON
from tests.conformance.traffic import BY_API_KEY, KEY, NOBODY, OWNER, TASKS, Traffic, user

UNKNOWN = "11111111-1111-4111-8111-111111111111"
ORIGIN, FOREIGN = "https://app.example", "https://other.example"


def _segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def bearer(value: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {value}"),)


SHORT = bearer("sigmic_12")
FORGED = bearer(f"{_segment({'alg': 'HS256'})}.{_segment({'sub': 'x'})}.c2ln")
UNSIGNED = bearer(f"{_segment({'alg': 'none'})}.{_segment({'sub': 'x'})}.")
BROKEN = bearer(f"{_segment({'alg': 'HS256'})}.eyJ")
AS_KEY = (("X-API-Key", f"{_segment({'alg': 'HS256'})}.x.y"),)
BASIC = (("Authorization", "Basic abc"),)
LONG = bearer("x" * 2000)
UNKNOWN_KEY = bearer(f"sigmic_{'a' * 64}")
LOWER_CASE = (("Authorization", f"bearer {KEY}"),)
KEY_AND_NONE, NONE_AND_KEY = (*OWNER, ("X-API-Key", "none")), (*bearer("none"), *BY_API_KEY)
NOT_IN = {"status": 401, "code": "AUTH_REQUIRED"}
REFUSED = {"status": 401, "code": "INVALID_TOKEN"}
NO_KEY, NO_FORMAT = ({"status": 401, "code": f"INVALID_{code}"} for code in ("API_KEY", "AUTH_FORMAT"))


def asked(headers: tuple[tuple[str, str], ...], target: str = "/t", **more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.add("GET", TASKS + target, {"id": "t"}, headers=headers, role="nobody", **more)
    return traffic


def twice(one: dict[str, Any], other: dict[str, Any]) -> Traffic:
    traffic = asked(SHORT, **one)
    traffic.history(headers=SHORT, role="nobody", **other)
    return traffic


def at_files(status: int, **more: Any) -> Traffic:
    traffic = Traffic().begun(**more)
    traffic.files(status=status, **more)
    return traffic


def by_either_header(status: int) -> Traffic:
    traffic = Traffic().begun()
    traffic.history(user(1, "Hi"), status=status, headers=BY_API_KEY)
    return traffic


def by_a_token(status: int) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi", headers=traffic.token("ann"), role="end user ann", status=status)
    return traffic


def after_its_end(status: int, *, at: float = 4.0) -> Traffic:
    """A list that is asked for with a token of two seconds."""
    traffic = Traffic()
    token = traffic.token("ann", fields={"expiresIn": "2s"})
    traffic.now = at
    traffic.listing(headers=token, role="end user ann", status=status)
    return traffic


def challenged(headers: tuple[tuple[str, str], ...]) -> Traffic:
    return asked(NOBODY, status=401, code="AUTH_REQUIRED", answered=(*JSON, *headers))


def strange(status: int) -> Traffic:
    traffic = asked(NOBODY, f"/{UNKNOWN}", status=401, code="AUTH_REQUIRED")
    traffic.get(headers=NOBODY, role="nobody", status=status, code="AUTH_REQUIRED")
    return traffic


def posted(**more: Any) -> Traffic:
    traffic = Traffic()
    traffic.add("POST", TASKS, {"id": "t"}, text="{}", headers=NOBODY, role="nobody", **more)
    return traffic


def at_anothers(status: int) -> Traffic:
    """The token of an end user at another one's task, by two operations."""
    traffic = Traffic()
    ann, bob = traffic.token("ann"), traffic.token("bob")
    traffic.create("Hi", headers=ann, role="end user ann")
    traffic.get(headers=bob, role="end user bob", status=404)
    traffic.files(headers=bob, role="end user bob", status=status)
    return traffic


def token(history: dict[str, Any]) -> Traffic:
    traffic = Traffic()
    ann = traffic.token()
    traffic.create("Hi", headers=ann, role="token")
    traffic.get(headers=ann, role="token")
    traffic.history(headers=ann, role="token", **history)
    return traffic


def of_origin(origin: str, **more: Any) -> Traffic:
    traffic = Traffic(allowed_origin=ORIGIN)
    ann = traffic.token()
    traffic.create("Hi", headers=(*ann, ("Origin", origin)), role="token", **more)
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("AUTH-001", at_files, 200, 401, "refused"),
        ("AUTH-002", lambda status: at_files(status, headers=BY_API_KEY), 200, 401, "refused"),
        ("AUTH-003", by_either_header, 200, 404, "not-seen"),
        ("AUTH-004", lambda more: asked(NOBODY, **more), NOT_IN, {}, "effect-without-credentials"),
        ("AUTH-004", lambda more: asked(UNKNOWN_KEY, **more), NO_KEY, {}, "effect-without-credentials"),
        ("AUTH-005", by_a_token, 201, 401, "refused"),
        ("AUTH-007", lambda other: twice(NO_KEY, other), NO_KEY, NO_FORMAT, "wrong-code"),
        ("AUTH-007", lambda other: twice(NO_KEY, other), NO_KEY, {}, "accepted"),
        (
            "AUTH-007",
            lambda other: twice(other, other),
            NO_FORMAT,
            {"status": 401, "code": "NO"},
            "wrong-code",
        ),
        ("AUTH-008", after_its_end, 401, 200, "accepted"),
        ("AUTH-009", lambda more: asked(FORGED, **more), REFUSED, {}, "accepted"),
        ("AUTH-010", lambda more: asked(UNSIGNED, **more), REFUSED, {}, "accepted"),
        ("AUTH-011", lambda more: asked(FORGED, **more), REFUSED, {"status": 404}, "wrong-status"),
        ("AUTH-012", lambda more: asked(BROKEN, **more), REFUSED, {"status": 500}, "server-error"),
        ("AUTH-013", lambda status: asked(LOWER_CASE, status=status), 200, 401, "refused"),
        ("AUTH-014", challenged, (("WWW-Authenticate", "Bearer"),), (), "no-challenge"),
        ("AUTH-015", lambda status: asked(KEY_AND_NONE, status=status), 200, 401, "other-header-decides"),
        ("AUTH-015", lambda status: asked(NONE_AND_KEY, status=status), 401, 200, "other-header-decides"),
        ("AUTH-016", lambda more: asked(AS_KEY, **more), NO_KEY, REFUSED, "wrong-code"),
        ("AUTH-016", lambda more: asked(AS_KEY, **more), NO_KEY, {}, "accepted"),
        ("AUTH-017", lambda more: asked(BASIC, **more), NO_FORMAT, NOT_IN, "wrong-code"),
        ("AUTH-018", lambda more: asked(NOBODY, "/t?api_key=x", **more), REFUSED, {}, "accepted"),
        ("AUTH-019", strange, 401, 404, "existence-revealed"),
        ("AUTH-020", lambda more: posted(**more), REFUSED, {"status": 400}, "wrong-status"),
        ("AUTH-022", lambda more: asked(LONG, **more), REFUSED, {"status": 500}, "server-error"),
        ("AUTH-023", lambda more: asked(FORGED, "/t/artifacts", **more), REFUSED, NO_KEY, "wrong-code"),
        ("AUTH-006", token, {}, {"status": 403}, "two-readings"),
        ("AUTH-006", at_anothers, 404, 401, "two-readings"),
        ("AUTH-024", lambda more: of_origin(ORIGIN, **more), {}, {"status": 401}, "refused"),
        (
            "ERROR-006",
            lambda more: of_origin(FOREIGN, **more),
            {"status": 403, "code": "ORIGIN_NOT_ALLOWED"},
            {"status": 403, "code": "FORBIDDEN"},
            "wrong-code",
        ),
    ],
)
def test_a_credential(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


def test_a_target_without_tokens_is_not_blamed():
    traffic = asked(FORGED, status=503, code="JWT_NOT_CONFIGURED")

    assert not {"AUTH-009", "AUTH-011"} & traffic.evaluation().rows.keys()


def test_a_token_that_may_be_over_proves_nothing():
    assert not {"AUTH-004", "AUTH-008"} & after_its_end(200, at=2.5).evaluation().rows.keys()


def test_a_code_that_tells_to_come_again_later_is_about_no_credential():
    assert not {"ERROR-001", "AUTH-020"} & posted(status=429, code="RATE_LIMITED").evaluation().rows.keys()
