"""Every refusal has its documented status and code, for all callers and in all states."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Verdict
from tests.conformance.handwritten import DONE, NOBODY, SECOND_KEY, TASKS, Traffic, cases, stories, user
from tests.conformance.kit import call, judged, no, ok, result, verdicts

Headers = tuple[tuple[str, str], ...]
VIEWER: Any = {"headers": (("Authorization", "Bearer [secret:2222222222222222]"),), "role": "viewer"}
UNKNOWN = "11111111-1111-4111-8111-111111111111"
NO, INVALID = {"status": 400, "code": "NO"}, {"status": 400, "code": "VALIDATION_ERROR"}
MISSING, FORBIDDEN = {"status": 404, "code": "NOT_FOUND"}, {"status": 403, "code": "FORBIDDEN"}
CRASH = {"status": 500, "code": "INTERNAL_ERROR"}


def bearer(value: str) -> Headers:
    return (("Authorization", f"Bearer {value}"),)


def credential(headers: Headers) -> Callable[[Any], Traffic]:
    """A request for a history with a bad credential."""

    def made(more: Any) -> Traffic:
        return Traffic().begun().add("GET", f"{TASKS}/t/history", headers=headers, role="stranger", **more)

    return made


def coded(code: str) -> dict[str, Any]:
    return {"status": 401, "code": code}


def at(
    target: str, body: Any = None, *, made: Callable[[], Traffic] = lambda: Traffic().begun(), **sent: Any
):
    """A request to a finished task. If `body` is given, the request is a POST."""

    def request(more: Any) -> Traffic:
        traffic = made()
        method, text = ("GET", None) if body is None else ("POST", json.dumps(body))
        traffic.add(method, TASKS + target, {"id": "u", "status": "pending"}, **{"text": text} | sent | more)
        return traffic

    return request


def at_rest() -> Traffic:
    traffic = Traffic().begun("Hi", call("c"), result("c", "x"), DONE).get()
    return traffic.files({"path": "b.txt"})


def waiting() -> Traffic:
    traffic = Traffic().create("Hi")
    return traffic.stream(call("c", status="awaiting_approval"), shown=[user(1, "Hi")], closed="hung-up")


def heard_in_part() -> Traffic:
    return Traffic().create("Hi").stream(call("one"), shown=[user(1, "Hi")], closed="hung-up")


APP = {"appId": "app", "appSecret": "secret", "endUserId": "ann"}


def exchanged(body: Any, *, taken: bool = True) -> Callable[[Any], Traffic]:
    """A token exchange with this body, after a successful one if `taken`."""

    def request(more: Any) -> Traffic:
        traffic = Traffic()
        if taken:
            traffic.token()
        return traffic.add("POST", "/api/v1/auth/token", {}, headers=NOBODY, text=json.dumps(body), **more)

    return request


def told(message: str) -> Traffic:
    traffic = Traffic()
    error = {"code": "AUTH_REQUIRED", "message": message}
    return traffic.add("GET", TASKS, headers=NOBODY, status=401, answer={"success": False, "error": error})


def pathless(status: int) -> Traffic:
    """A download without a path, refused with VALIDATION_ERROR."""
    body = {"success": False, "error": {"message": "path is required", "code": "VALIDATION_ERROR"}}
    return at("/t/artifacts/download")({"answer": body, "status": status})


NOTHING, UNKNOWN_KEY = credential(NOBODY), credential(bearer(f"sigmic_{'a' * 64}"))
FORMLESS, FORGED = credential(bearer("password")), credential(bearer("eyJh.eyJi.x"))
OPTIONS = at("/t/messages", {"message": "a", "env": {}}, made=at_rest)
ANSWER, PERHAPS = {"outcome": "proceed_once"}, {"outcome": "perhaps"}
NO_PATH, ABSENT = at("/t/artifacts/download"), at("/t/artifacts/download?path=a.txt", made=at_rest)
CLIMBING = at("/t/artifacts/download?path=../../etc/passwd", made=at_rest)
UNHEARD = at("/t/tools/two/approve", ANSWER, made=at_rest)
ODD_ANSWER = at("/t/tools/c/approve", PERHAPS, made=waiting)


def accepted_later(more: Any) -> Traffic:
    """An answer with no outcome, then one with an outcome, to a call whose id has a slash."""
    path = f"{TASKS}/t/tools/c%2F1/approve"
    shown = call("c/1", status="awaiting_approval")
    traffic = Traffic().create("Hi").stream(shown, shown=[user(1, "Hi")], closed="hung-up")
    traffic.add("POST", path, text=json.dumps(PERHAPS), **more)
    return traffic.approve("c%2F1")


test_a_refusal = stories(
    ("ERROR-001", NOTHING, coded("AUTH_REQUIRED"), MISSING, "wrong-status"),
    ("ERROR-001", NOTHING, coded("AUTH_REQUIRED"), coded("NO"), "wrong-code"),
    ("ERROR-001", NOTHING, coded("AUTH_REQUIRED"), CRASH, "server-error"),
    ("ERROR-002", UNKNOWN_KEY, coded("INVALID_API_KEY"), MISSING, "wrong-status"),
    ("ERROR-002", UNKNOWN_KEY, coded("INVALID_API_KEY"), {}, "accepted"),
    (
        "ERROR-002",
        credential((("X-API-Key", f"sigmic_{'a' * 64}"),)),
        coded("INVALID_API_KEY"),
        coded("AUTH_REQUIRED"),
        "wrong-code",
    ),
    ("ERROR-003", credential(bearer("password")), coded("INVALID_AUTH_FORMAT"), coded("NO"), "wrong-code"),
    ("ERROR-004", FORGED, coded("INVALID_TOKEN"), coded("NO"), "wrong-code"),
    *(
        (row, exchanged(body), {"status": 400, "code": code}, broken, reason)
        for row, body, code in (
            ("ERROR-007", {"appId": "app", "endUserId": "ann"}, "MISSING_CREDENTIALS"),
            ("ERROR-008", APP | {"endUserId": ""}, "MISSING_END_USER_ID"),
            ("ERROR-011", APP | {"env": {"1A": "x"}}, "INVALID_ENV"),
            ("ERROR-011", APP | {"secrets": {"A": 1}}, "INVALID_ENV"),
        )
        for broken, reason in ((NO, "wrong-code"), ({}, "accepted"))
    ),
    ("ERROR-007", exchanged({"endUserId": ""}), NO, {}, "accepted"),
    ("TOKEN-021", exchanged([]), NO, {}, "accepted"),
    ("TOKEN-021", exchanged([]), NO, {"status": 400, "answer": ""}, "no-envelope"),
    ("ERROR-012", at("/t/messages", {"message": "More"}, **VIEWER), FORBIDDEN, {}, "accepted"),
    ("ERROR-012", at("/t/messages", {"message": "More"}, **VIEWER), FORBIDDEN, NO, "wrong-refusal"),
    ("ERROR-013", at(f"/{UNKNOWN}/artifacts"), MISSING, {}, "accepted"),
    ("ERROR-014", ODD_ANSWER, INVALID, {}, "accepted"),
    ("ERROR-014", ODD_ANSWER, INVALID, NO, "wrong-code"),
    ("ERROR-014", accepted_later, INVALID, NO, "wrong-code"),
    ("ERROR-015", at(f"/{UNKNOWN}/artifacts"), MISSING, {"status": 404}, "wrong-code"),
    ("ERROR-015", at(f"/{UNKNOWN}", headers=NOBODY), MISSING, {"status": 404}, "wrong-code"),
    ("ERROR-015", at("/t", headers=SECOND_KEY, role="second"), MISSING, {"status": 404}, "wrong-code"),
    ("ERROR-016", at("", {}), NO, {}, "accepted"),
    ("ERROR-016", at("", {}), NO, CRASH, "server-error"),
    ("ERROR-016", ODD_ANSWER, NO, {}, "accepted"),
    ("ERROR-016", pathless, 400, 200, "accepted"),
    ("ERROR-027", told, "Authentication required", "Unauthorized", "other-message"),
    ("ERROR-028", NO_PATH, INVALID, MISSING, "wrong-code"),
    ("ERROR-028", NO_PATH, INVALID, {}, "accepted"),
    ("ERROR-029", CLIMBING, NO, {}, "accepted"),
    ("ERROR-029", ABSENT, MISSING, {"status": 403}, "wrong-code"),
    ("ERROR-029", ABSENT, MISSING, {}, "accepted"),
    ("ERROR-030", UNHEARD, MISSING, INVALID, "wrong-code"),
    ("ERROR-030", UNHEARD, MISSING, {}, "accepted"),
)


@cases(
    # If no exchange succeeds, the app may be refused.
    ("ERROR-008", exchanged(APP | {"endUserId": ""}, taken=False)(NO), "unjudged"),
    # The server may first check the error in the body, or the conflict with a running turn.
    ("ERROR-001", at("", {}, headers=NOBODY, role="nobody")(NO), "unjudged"),
    # There may be a call that no reader received.
    ("ERROR-030", at("/t/tools/two/approve", ANSWER, made=heard_in_part)({"status": 409}), "unjudged"),
    *(
        ("ERROR-029", at(f"/t/artifacts/download?path={path}", made=at_rest)(NO), "unjudged")
        for path in ("file:///etc/passwd", "/a", "a%252fb")
    ),
)
def test_what_no_page_speaks_of(told: Traffic) -> Traffic:
    return told


def test_an_invented_call_is_known_to_no_reader():
    made = at("/t/tools/no-such-call/approve", ANSWER, made=heard_in_part)

    assert made({"status": 409}).reasons("ERROR-030") == {"wrong-code"}


@cases("ERROR-030", ("call_0123456789abcdef", "accepted"), ("call_1", "unjudged"))
def test_a_random_id_of_another_tasks_call_is_unknown_but_a_number_may_be_in_use(name: str) -> Traffic:
    traffic = heard_in_part().create("Hi", task="other")
    traffic.stream(call(name, status="awaiting_approval"), task="other", closed="hung-up")
    return traffic.approve(name)


@cases("ERROR-030", "unjudged")
def test_a_token_may_be_denied_answers_to_calls() -> Traffic:
    traffic = Traffic()
    token = traffic.token()
    traffic.create("Hi", headers=token).stream(
        call("one"), shown=[user(1, "Hi")], closed="hung-up", headers=token
    )
    return traffic.approve("no-such-call", status=403, code="FORBIDDEN", headers=token)


@cases("ERROR-003", ("00", "unjudged"), ("", "unjudged"))
def test_a_placeholder_of_a_key_has_the_form_of_a_key(longer: str) -> Traffic:
    headers = bearer(f"[secret:2222222222222222]{longer}")
    return credential(headers)(coded("INVALID_API_KEY"))


@cases("ERROR-015", ("t", "unjudged"), (UNKNOWN.replace("1", "2"), "wrong-code"))
def test_an_id_of_another_form_than_the_targets_may_be_malformed(own: str) -> Traffic:
    return Traffic().begun(task=own).files(task=UNKNOWN, status=400)


@cases(
    "ERROR-013 ERROR-015",
    ("task_01ARZ3NDEKTSV4RRFFQ69G5FAV", "accepted"),
    ("00000000000000000012", "unjudged"),
)
def test_a_random_id_with_another_end_is_unknown_but_a_number_may_be_in_use(own: str) -> Traffic:
    return Traffic().begun(task=own).files(task=f"{own[:-1]}0")


@cases("ERROR-013 ERROR-015", "unjudged")
def test_a_task_that_a_list_has_shown_is_known() -> Traffic:
    return Traffic().listing({"id": UNKNOWN, "status": "completed"}).files(task=UNKNOWN)


@cases("ERROR-029", "unjudged")
def test_backslashes_may_be_part_of_a_listed_name() -> Traffic:
    traffic = Traffic().begun("Hi", DONE).get().files({"path": "uploads/..\\..\\back.txt"})
    return traffic.download("uploads/..\\..\\back.txt")


@cases("ERROR-029", "unjudged")
def test_a_link_that_a_command_made_may_be_refused_in_any_way() -> Traffic:
    """No list has it, and no page says how one that leads out is refused (G-78)."""
    traffic = Traffic().create("Hi").ran("ln -s /etc/passwd out.txt", "").files()
    return traffic.download("out.txt", status=403)


SHOP = "https://shop.example"


@pytest.mark.parametrize("other", [f"{SHOP}.elsewhere.test", "null"])
@cases(
    "ERROR-006",
    (403, 403, None),
    (403, 200, "accepted"),
    (200, 200, "unjudged"),
    ids=["both are refused", "one is not", "origins are not checked here"],
)
def test_an_origin_that_looks_harmless(foreign: int, alike: int, *, other: str) -> Traffic:
    traffic = Traffic(allowed_origin=SHOP)
    ann = traffic.token("ann")
    for origin, status in (("https://other.test", foreign), (other, alike)):
        told: Any = {"status": status, "code": "ORIGIN_NOT_ALLOWED", "role": "end user ann"}
        traffic.add("GET", TASKS, [], headers=(*ann, ("Origin", origin)), **told)
    return traffic


@cases("ERROR-006", (403, None), (409, None), (200, "accepted"))
def test_a_cancellation_from_another_origin(status: int) -> Traffic:
    """An ended task may be the reason of a refusal."""
    traffic = Traffic(allowed_origin=SHOP)
    foreign: Any = {
        "headers": (*traffic.token("ann"), ("Origin", "https://other.test")),
        "role": "end user ann",
    }
    traffic.add("GET", TASKS, status=403, code="ORIGIN_NOT_ALLOWED", **foreign)
    return traffic.cancel(status=status, **foreign)


CREDENTIALS = ("wrong secret", "unknown app", "secret and more", "nearly the secret")
LIFETIMES = ("expiresIn banana", "expiresIn with more", "expiresIn within")


@verdicts(
    ("ERROR-009", 401, "INVALID_CREDENTIALS", CREDENTIALS, "passed"),
    ("ERROR-009", 401, "NO", CREDENTIALS, "wrong-code"),
    ("ERROR-009", 400, "INVALID_CREDENTIALS", CREDENTIALS, "wrong-status"),
    ("ERROR-010", 400, "INVALID_EXPIRES_IN", LIFETIMES, "passed"),
    ("ERROR-010", 400, "NO", LIFETIMES, "wrong-code"),
)
def test_a_bad_exchange_has_its_code(row: str, status: int, code: str, names: tuple[str, ...]) -> Verdict:
    bad = [no("token_exchange", f"bad: {name}", status, code) for name in names]
    return judged(row, ok("token_exchange", "good: default"), *bad)
