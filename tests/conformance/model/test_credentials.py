"""Invariants of AUTH: what is no credential is refused by every operation, a good one works at each."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.traffic import NOBODY, TASKS, Traffic

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
        ("AUTH-007", lambda other: twice(NO_KEY, other), NO_KEY, NO_FORMAT, "wrong-code"),
        ("AUTH-009", lambda more: asked(FORGED, **more), REFUSED, {}, "accepted"),
        ("AUTH-010", lambda more: asked(UNSIGNED, **more), REFUSED, {}, "accepted"),
        ("AUTH-011", lambda more: asked(FORGED, **more), REFUSED, {"status": 404}, "accepted"),
        ("AUTH-012", lambda more: asked(BROKEN, **more), REFUSED, {"status": 500}, "wrong-refusal"),
        ("AUTH-016", lambda more: asked(AS_KEY, **more), NO_KEY, REFUSED, "wrong-refusal"),
        ("AUTH-017", lambda more: asked(BASIC, **more), NO_FORMAT, {}, "wrong-refusal"),
        ("AUTH-018", lambda more: asked(NOBODY, "/t?api_key=x", **more), REFUSED, {}, "accepted"),
        ("AUTH-019", strange, 401, 404, "existence-revealed"),
        ("AUTH-020", lambda more: posted(**more), REFUSED, {"status": 400}, "body-first"),
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
