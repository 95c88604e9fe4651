"""Every operation refuses an invalid credential and accepts a valid one."""

import base64
import json
from typing import Any

import pytest

from tests.conformance.handwritten import (
    BY_API_KEY,
    KEY,
    NOBODY,
    OWNER,
    SECOND_KEY,
    TASKS,
    Traffic,
    cases,
    stories,
)
from tests.conformance.kit import JSON


def _segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def bearer(value: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {value}"),)


UNKNOWN, KNOWN = "00000000-0000-4000-8000-000000000000", "11111111-0000-4000-8000-000000000000"
SHORT = bearer("sigmic_12")
FORGED = bearer(f"{_segment({'alg': 'HS256'})}.{_segment({'sub': 'x'})}.c2ln")
UNKNOWN_KEY = bearer(f"sigmic_{'a' * 64}")
LONGER_KEY = bearer(f"{KEY}00")
KEY_AND_NONE, NONE_AND_KEY = (*OWNER, ("X-API-Key", "none")), (*bearer("none"), *BY_API_KEY)
NOT_IN = {"status": 401, "code": "AUTH_REQUIRED"}
REFUSED = {"status": 401, "code": "INVALID_TOKEN"}
NO_KEY, NO_FORMAT = ({"status": 401, "code": f"INVALID_{code}"} for code in ("API_KEY", "AUTH_FORMAT"))


def asked(headers: tuple[tuple[str, str], ...], target: str = "/t", **more: Any) -> Traffic:
    return Traffic().begun().add("GET", TASKS + target, {"id": "t"}, headers=headers, role="nobody", **more)


def twice(one: dict[str, Any], other: dict[str, Any]) -> Traffic:
    return asked(SHORT, **one).history(headers=SHORT, role="nobody", **other)


def after_its_end(status: int, *, code: str | None = None, at: float = 4.0) -> Traffic:
    """A task that is requested at second `at` with a token that is valid for two seconds."""
    traffic = Traffic()
    token = traffic.token("ann", fields={"expiresIn": "2s"})
    return traffic.at(at).get(headers=token, role="end user ann", status=status, code=code)


def posted(**more: Any) -> Traffic:
    return Traffic().add("POST", TASKS, {"id": "t"}, text="{}", headers=NOBODY, role="nobody", **more)


def at_anothers(status: int) -> Traffic:
    """An end user's token used for two operations on another user's task."""
    traffic = Traffic()
    ann, bob = traffic.token("ann"), traffic.token("bob")
    traffic.create("Hi", headers=ann, role="end user ann")
    traffic.get(headers=bob, role="end user bob", status=404)
    return traffic.files(headers=bob, role="end user bob", status=status)


def token(history: dict[str, Any]) -> Traffic:
    traffic = Traffic()
    ann = traffic.token()
    traffic.create("Hi", headers=ann, role="token")
    traffic.get(headers=ann, role="token")
    return traffic.history(headers=ann, role="token", **history)


test_a_credential = stories(
    ("AUTH-004", lambda more: asked(NOBODY, **more), NOT_IN, {}, "effect-without-credentials"),
    ("AUTH-004", lambda more: asked(UNKNOWN_KEY, **more), NO_KEY, {}, "effect-without-credentials"),
    ("AUTH-004", lambda more: asked(LONGER_KEY, **more), NO_KEY, {}, "effect-without-credentials"),
    ("AUTH-007", lambda other: twice(NO_KEY, other), NO_KEY, NO_FORMAT, "wrong-code"),
    ("AUTH-007", lambda other: twice(other, other), NO_FORMAT, {"status": 401, "code": "NO"}, "wrong-code"),
    ("AUTH-008", lambda more: after_its_end(**more), REFUSED, {"status": 200}, "accepted"),
    ("AUTH-008", lambda more: after_its_end(**more), REFUSED, REFUSED | {"status": 403}, "wrong-status"),
    ("AUTH-011", lambda more: asked(FORGED, **more), REFUSED, {"status": 404}, "wrong-status"),
    ("AUTH-006", token, {}, {"status": 403}, "two-readings"),
    ("AUTH-006", at_anothers, 404, 401, "two-readings"),
)


@pytest.mark.parametrize(("attempts", "broken"), [(4, {"server-error"}), (3, set())])
def test_a_credential_that_is_never_answered_is_not_refused(attempts: int, broken: set[str]):
    traffic = twice(NO_KEY, NO_KEY)
    traffic.lost(attempts, lambda: traffic.get(headers=SHORT, role="nobody"))

    assert traffic.reasons("AUTH-007") == broken
    if broken:
        assert not any(each.exchange.status is None for each in traffic.row("AUTH-004").shown.values())


def test_a_token_on_the_page_of_the_widget_is_judged_like_any_other():
    traffic = Traffic(allowed_origin="https://shop.example")
    ann = traffic.token("ann")
    traffic.create("Hi", headers=ann).get(headers=ann)
    traffic.history(status=403, headers=ann, code="ORIGIN_NOT_ALLOWED")
    for origin, reasons in (("https://x", set()), ("https://shop.example", {"two-readings"})):
        traffic.history(status=403, headers=(*ann, ("Origin", origin)))
        assert traffic.reasons("AUTH-006") == reasons


def test_what_says_nothing_about_a_credential():
    """The target has no tokens, the token may be over, or the caller has to wait."""
    assert not asked(FORGED, status=503, code="JWT_NOT_CONFIGURED").spoke("AUTH-009", "AUTH-011")
    assert not after_its_end(200, at=2.5).spoke("AUTH-004", "AUTH-008")
    assert not posted(status=429, code="RATE_LIMITED").spoke("ERROR-001")


def test_a_task_may_have_no_files_for_the_other_header_either():
    """The files of a cancelled task may be gone (G-75)."""
    traffic = asked(BY_API_KEY).files(headers=BY_API_KEY, status=404)
    hidden = asked(BY_API_KEY, status=404)

    assert traffic.reasons("AUTH-003") == set()
    assert hidden.reasons("AUTH-003") == {"not-seen"}


@cases(
    "AUTH-019",
    (KNOWN, 404, 404, None),
    (KNOWN, 403, 404, None),
    (KNOWN, 400, 400, None),
    (KNOWN, 400, 404, "existence-revealed"),
    (KNOWN, 404, 400, "existence-revealed"),
    ("t", 404, 400, "unjudged"),
)
def test_an_invalid_request_of_another_project_shows_no_task(task: str, status: int, unknown: int) -> Traffic:
    """On a target whose ids aren't UUIDs, a UUID may be malformed."""
    traffic = Traffic().create(task=task)
    for path, told in ((UNKNOWN, unknown), (task, status)):
        target = f"{TASKS}/{path}/messages"
        traffic.add("POST", target, text="{}", status=told, headers=SECOND_KEY, role="second")
    return traffic


UNSIGNED = bearer(f"{_segment({'alg': 'none'})}.{_segment({'sub': 'x'})}.")
BROKEN = bearer(f"eyJ.{_segment({'sub': 'x'})}.c2ln")
SHOP = (("Origin", "https://shop.example"),)


def at_the_shop(**more: Any) -> Traffic:
    """A task that is read with a token, in a request from the allowed origin."""
    traffic = Traffic(allowed_origin="https://shop.example")
    ann = traffic.token("ann")
    traffic.create("Hi", headers=ann, role="end user ann")
    return traffic.get(headers=ann + SHOP, role="end user ann", **more)


def made_with_a_token(**more: Any) -> Traffic:
    traffic = Traffic()
    ann = traffic.token("ann")
    return traffic.create("Hi", headers=ann, role="end user ann", **more)


test_a_valid_or_an_invalid_credential = stories(
    ("AUTH-001", lambda more: Traffic().begun().get(**more), {}, NO_KEY, "refused"),
    ("AUTH-002", lambda more: Traffic().begun().get(headers=BY_API_KEY, **more), {}, NO_KEY, "refused"),
    ("AUTH-005", lambda more: made_with_a_token(**more), {}, REFUSED, "refused"),
    ("AUTH-009", lambda more: asked(FORGED, **more), REFUSED, {}, "accepted"),
    ("AUTH-010", lambda more: asked(UNSIGNED, **more), REFUSED, {}, "accepted"),
    ("AUTH-012", lambda more: asked(BROKEN, **more), REFUSED, {}, "accepted"),
    (
        "AUTH-013",
        lambda more: Traffic().begun().get(headers=(("Authorization", f"bearer {KEY}"),), **more),
        {},
        NO_KEY,
        "refused",
    ),
    (
        "AUTH-014",
        lambda told: asked(NOBODY, answered=(*JSON, *told), status=401, code="AUTH_REQUIRED"),
        [("WWW-Authenticate", "Bearer")],
        [],
        "no-challenge",
    ),
    ("AUTH-018", lambda more: asked(NOBODY, f"/t?api_key={KEY}", **more), NOT_IN, {}, "accepted"),
    (
        "AUTH-022",
        lambda more: asked(bearer("schl\u00fcssel"), **more),
        NO_FORMAT,
        {"status": 500},
        "server-error",
    ),
    (
        "AUTH-023",
        lambda more: asked(FORGED, "/t/artifacts", **more),
        REFUSED,
        REFUSED | {"code": "NO"},
        "wrong-code",
    ),
    (
        "AUTH-024",
        lambda more: at_the_shop(**more),
        {},
        {"status": 403, "code": "ORIGIN_NOT_ALLOWED"},
        "refused",
    ),
)
