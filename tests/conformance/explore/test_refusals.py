import json
from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.explore.refusals import NOTHING, body_of, broken_requests
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange, Sent
from tests.conformance.kit import exchange

JSON = (("Content-Type", "application/json; charset=utf-8"),)
PATHS = {
    "create_task": "/api/v1/tasks",
    "send_message": "/api/v1/tasks/t/messages",
    "approve_tool_call": "/api/v1/tasks/t/tools/c/approve",
    "create_token": "/api/v1/auth/token",
}
GOOD = {"message": "hello"}


def asked(operation: str, body: Any, status: int, number: int = 1) -> Exchange:
    made = exchange(operation=operation, status=status, number=number, body={"success": status < 300})
    text = json.dumps(body)
    sent = Sent(method="POST", target=PATHS[operation], headers=JSON, size=len(text), text=text)
    return replace(made, sent=sent)


def unasked(role: str, status: int, *, code: str = "AUTH_REQUIRED", bearer: str = "") -> Exchange:
    body = {"success": status < 300, "error": {"code": code, "message": "no"}}
    made = exchange(status=status, body=body)
    headers = (("Authorization", f"Bearer {bearer}"),) if bearer else ()
    return replace(made, role=role, sent=replace(made.sent, headers=headers))


@pytest.mark.parametrize(
    ("row", "operation", "body"),
    [
        ("CREATE-008", "create_task", {"autoExecute": True}),
        ("CREATE-009", "create_task", {"message": ""}),
        ("CREATE-010", "create_task", {"message": 1}),
        ("CREATE-022", "create_task", {**GOOD, "other": 1}),
        ("CREATE-028", "create_task", ["message"]),
        ("CREATE-033", "create_task", {**GOOD, "autoExecute": "maybe"}),
        ("VARS-008", "create_task", {**GOOD, "env": {"1A": "x"}}),
        ("VARS-009", "create_task", {**GOOD, "secrets": {"A": 1}}),
        ("FOLLOWUP-004", "send_message", {}),
        ("ERROR-014", "approve_tool_call", {"outcome": "yes"}),
        ("ERROR-007", "create_token", {"appId": "a"}),
        ("ERROR-008", "create_token", {"appId": "a", "appSecret": "s", "endUserId": ""}),
        ("ERROR-011", "create_token", {"appId": "a", "appSecret": "s", "endUserId": "u", "env": {"-": "x"}}),
        ("TOKEN-021", "create_token", []),
    ],
)
def test_what_is_accepted_fails_and_a_refusal_counts_beside_an_accepted_control(row, operation, body):
    control = asked(
        operation, GOOD | {"outcome": "cancel", "appId": "a", "appSecret": "s", "endUserId": "u"}, 200, 2
    )
    # What is unknown to the operation would break CREATE-022 itself.
    control = control if operation != "create_task" else asked(operation, GOOD, 201, 2)

    assert broken_requests([asked(operation, body, 201)])[row].reason == "accepted"
    assert broken_requests([asked(operation, body, 400), control])[row].outcome is Outcome.PASSED
    assert row not in broken_requests([asked(operation, body, 400)])
    assert row not in broken_requests([asked(operation, body, 404), control])
    assert row not in broken_requests([control])


@pytest.mark.parametrize("message", [" \n", "\u2003", "x"])
def test_a_blank_message_is_nobodys_fault(message):
    assert "CREATE-009" not in broken_requests([asked("create_task", {"message": message}, 201)])


def test_only_a_whole_json_body_is_read():
    whole = asked("create_task", GOOD, 201)

    assert body_of(whole) == GOOD
    assert body_of(replace(whole, sent=replace(whole.sent, size=20_000))) is NOTHING
    assert body_of(replace(whole, sent=replace(whole.sent, text="{"))) is NOTHING
    assert body_of(replace(whole, sent=replace(whole.sent, headers=()))) is NOTHING
    assert body_of(replace(whole, sent=replace(whole.sent, text=None))) is NOTHING


def test_another_caller_than_the_owner_proves_nothing_of_bodies():
    stranger = replace(asked("create_task", {}, 201), role="stranger")

    assert "CREATE-008" not in broken_requests([stranger])


def test_whoever_carries_no_credential_gets_401_and_its_code():
    assert broken_requests([unasked("nobody", 401)])["ERROR-001"].outcome is Outcome.PASSED
    assert broken_requests([unasked("nobody", 200)])["ERROR-001"].reason == "accepted"
    assert broken_requests([unasked("nobody", 401, code="NO")])["ERROR-001"].reason == "wrong-code"
    assert "ERROR-001" not in broken_requests([unasked("nobody", 404), unasked("owner", 200)])


def test_a_made_up_bearer_credential_that_opens_the_door():
    assert broken_requests([unasked("stranger", 200, bearer="xyz")])["ERROR-003"].reason == "accepted"
    assert "ERROR-003" not in broken_requests([unasked("stranger", 200, bearer="sigmic_1")])
    assert "ERROR-003" not in broken_requests([unasked("stranger", 401, bearer="xyz")])


def test_a_method_that_nobody_declared():
    def answered(status: int, code: str = "METHOD_NOT_ALLOWED", method: str = "PUT") -> Exchange:
        body = {"success": False, "error": {"code": code, "message": "no"}}
        return exchange(operation="", method=method, status=status, body=body)

    assert broken_requests([answered(405)])["ERROR-018"].outcome is Outcome.PASSED
    assert broken_requests([answered(405, "NO")])["ERROR-018"].reason == "not-refused"
    assert broken_requests([answered(200)])["ERROR-018"].reason == "not-refused"
    assert "ERROR-018" not in broken_requests([answered(401), answered(200, method="OPTIONS")])


def test_a_download_that_names_no_file():
    def download(query: str, status: int = 200) -> Exchange:
        target = f"/api/v1/tasks/t/artifacts/download{query}"
        return exchange(operation="download_artifact", target=target, status=status)

    assert broken_requests([download("")])["ERROR-028"].reason == "accepted"
    assert broken_requests([download("?path="), download("", 400)]) == {}
