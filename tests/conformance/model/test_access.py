"""Invariants of access: who may, may by every operation; who may not, may by none."""

import json
from typing import Any

import pytest

from tests.conformance.traffic import BY_API_KEY, NOBODY, TASKS, Traffic, made_by_ann, user

UNKNOWN_KEY = (("Authorization", f"Bearer sigmic_{'a' * 64}"),)


@pytest.mark.parametrize(
    ("row", "headers", "code"),
    [
        ("ERROR-001", NOBODY, "AUTH_REQUIRED"),
        ("ERROR-002", UNKNOWN_KEY, "INVALID_API_KEY"),
        ("ERROR-003", (("Authorization", "Bearer password"),), "INVALID_AUTH_FORMAT"),
        ("ERROR-004", (("Authorization", "Bearer eyJh.eyJi.forged"),), "INVALID_TOKEN"),
    ],
)
def test_a_bad_credential_is_refused_with_its_code(row: str, headers: tuple, code: str):
    for status, told, reasons in ((401, code, set()), (404, "NOT_FOUND", {"wrong-code"})):
        traffic = Traffic().begun()
        traffic.add("GET", f"{TASKS}/t/history", status=status, code=told, headers=headers, role="stranger")

        assert traffic.reasons(row) == reasons
        assert traffic.reasons("AUTH-004") == set()


def test_whoever_is_told_to_come_again_later_was_told_nothing_of_his_credential():
    traffic = Traffic().begun()
    traffic.add("GET", TASKS, status=429, code="RATE_LIMITED", headers=NOBODY, role="nobody")
    traffic.add("POST", TASKS, status=429, code="RATE_LIMITED", text="{}", headers=NOBODY, role="nobody")

    assert not {"ERROR-001", "AUTH-020"} & traffic.evaluation().rows.keys()


def test_what_is_wrong_with_the_body_may_be_told_first():
    traffic = Traffic().begun()
    traffic.add("POST", TASKS, status=400, text="{}", headers=NOBODY, role="nobody")
    traffic.add("GET", TASKS, status=401, code="AUTH_REQUIRED", headers=NOBODY, role="nobody")

    assert traffic.reasons("ERROR-001") == set()


@pytest.mark.parametrize("headers", [NOBODY, UNKNOWN_KEY])
def test_a_bad_credential_gets_nothing(headers: tuple):
    traffic = Traffic().begun()
    traffic.history(user(1, "Hi"), headers=headers, role="stranger")

    assert traffic.reasons("AUTH-004") == {"effect-without-credentials"}


@pytest.mark.parametrize(("row", "headers"), [("AUTH-001", None), ("AUTH-002", BY_API_KEY)])
def test_a_key_is_accepted_everywhere(row: str, headers: tuple | None):
    more: Any = {"headers": headers} if headers else {}
    for status, reasons in ((200, set()), (401, {"refused"})):
        traffic = Traffic().begun(**more)
        traffic.add("GET", f"{TASKS}/t/artifacts", {"files": []}, status=status, **more)

        assert traffic.reasons(row) == reasons


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (404, {"not-seen"})])
def test_a_task_is_seen_by_either_header(status: int, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.add("GET", f"{TASKS}/t/history", {"messages": []}, status=status, headers=BY_API_KEY)

    assert traffic.reasons("AUTH-003") == reasons


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (403, {"refused"})])
def test_any_token_of_the_end_user_reads_his_task(status: int, reasons: set[str]):
    traffic, _, _ = made_by_ann()
    again = traffic.token("ann", token="eyJhbGciOiJIUzI1NiJ9.again.[secret:99]")
    traffic.get(headers=again, role="end user ann", status=status)

    assert traffic.reasons("TOKEN-014") == reasons


@pytest.mark.parametrize(("status", "reasons"), [(201, set()), (401, {"refused"})])
def test_a_token_creates(status: int, reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi", headers=traffic.token("ann"), role="end user ann", status=status)

    assert traffic.reasons("AUTH-005") == reasons


@pytest.mark.parametrize(("status", "reasons"), [(401, set()), (200, {"accepted"})])
def test_a_token_that_is_over(status: int, reasons: set[str]):
    traffic = Traffic()
    token = traffic.token("ann", fields={"expiresIn": "2s"})
    traffic.now = 4.0
    traffic.listing(headers=token, role="end user ann", status=status)

    assert traffic.reasons("AUTH-008") == reasons


def test_a_token_that_may_be_over_proves_nothing():
    traffic = Traffic()
    token = traffic.token("ann", fields={"expiresIn": "2s"})
    traffic.now = 2.5
    traffic.listing(headers=token, role="end user ann")

    assert "AUTH-008" not in traffic.evaluation().rows
    assert "AUTH-004" not in traffic.evaluation().rows


@pytest.mark.parametrize("row", ["CREATE-003", "GET-031"])
def test_the_owner_reads_what_he_created(row: str):
    for status, reason in ((200, None), (404, {"CREATE-003": "refused", "GET-031": "refused"}[row])):
        traffic = Traffic()
        traffic.create("Hi")
        traffic.get(status=status)

        assert traffic.reasons(row) == ({reason} if reason else set())


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (404, {"refused"})])
def test_a_created_task_is_read_by_its_stream_too(status: int, reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi")
    traffic.add("GET", f"{TASKS}/t/stream", status=status)

    assert traffic.reasons("CREATE-003") == reasons


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (404, {"refused"})])
def test_the_owner_reads_the_history_at_any_time(status: int, reasons: set[str]):
    traffic = Traffic(session_expiry_seconds=5.0).begun()
    traffic.now = 60.0
    traffic.history(user(1, "Hi"), status=status)

    assert traffic.reasons("HISTORY-001") == reasons
    assert traffic.reasons("SESSION-010") == reasons


def test_a_refused_exchange_answers_no_token():
    for code, reasons in (("INVALID_CREDENTIALS", set()), ("eyJhbGci", {"token-in-refusal"})):
        traffic = Traffic()
        traffic.token("ann", status=401, code=code)

        assert traffic.reasons("TOKEN-015") == reasons


def test_an_exchange_shows_no_value():
    for shown, reasons in (("x", set()), ("tenant-12345", {"variable-in-answer"})):
        traffic = Traffic()
        body = {"endUserId": "ann", "appId": "app", "env": {"TENANT": "tenant-12345"}}
        traffic.add("POST", "/api/v1/auth/token", {"token": shown}, text=json.dumps(body))

        assert traffic.reasons("TOKEN-012") == reasons


@pytest.mark.parametrize(
    ("env", "reasons"), [(None, set()), ({"TENANT": "tenant-12345"}, {"variable-shown"})]
)
def test_a_task_shows_no_value_of_the_exchange(env: dict | None, reasons: set[str]):
    traffic = Traffic()
    ann = traffic.token("ann", fields={"env": {"TENANT": "tenant-12345"}})
    traffic.create("Hi", headers=ann, role="end user ann")
    traffic.get(fields={"env": env}, headers=ann, role="end user ann")

    assert traffic.reasons("VARS-015") == reasons
