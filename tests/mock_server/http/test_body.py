"""Limits of a body: its bytes, and the number of its values."""

import gc
import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.domain.json_values import MOST_VALUES
from sigmic_mock.http.body import MOST_FORM_BYTES
from tests.fakes.served import Served, reply_of

TASKS = "/api/v1/tasks"
TOKEN = "/api/v1/auth/token"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MANY = dict.fromkeys(map(str, range(MOST_VALUES)), "x")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (TASKS, MANY),
        (TASKS, {"env": MANY}),
        (TASKS, {"message": [{}] * MOST_VALUES}),
        (TASKS, [[]] * MOST_VALUES),
        (TOKEN, {"appId": "app_shop", "appSecret": "wrong", "endUserId": "u", "secrets": MANY}),
        (TOKEN, {"message": list(MANY)}),
    ],
)
async def test_a_body_of_very_many_values_is_refused_with_the_limit(mock: Served, path: str, body: Any):
    reply = await mock.call("POST", path, json=body, headers=mock.key if path == TASKS else {})

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert f"the limit is {MOST_VALUES}" in reply.message


async def test_as_many_as_the_limit_are_looked_at(mock: Served):
    named = dict.fromkeys(map(str, range((MOST_VALUES - 5) // 2)), "x")

    reply = await mock.call("POST", TASKS, json={"message": "hi", "env": named})

    assert (reply.status, reply.code) == (400, "INVALID_ENV")


async def test_a_task_is_created_with_every_field_at_its_limit(mock: Served):
    variables = {
        field: {f"{field}_{number}": f"{number:05}" + letter * 32_763 for number in range(100)}
        for field, letter in (("env", "e"), ("secrets", "s"))
    }
    body = {"message": "m" * 100_000, "systemPrompt": "p" * 100_000, **variables}

    reply = await mock.call(
        "POST", TASKS, data=io.BytesIO(json.dumps(body).encode()), headers={**mock.key, **JSON}
    )
    task = await mock.call("GET", f"{TASKS}/{reply.data['id']}")

    assert reply.status == 201
    assert (task.data["message"], task.data["env"]) == (body["message"], variables["env"])


@pytest.mark.parametrize("value", [b"[" * 600 + b"]" * 600, b'{"=":' * 600 + b"0" + b"}" * 600])
async def test_a_deep_body_is_refused_before_it_is_read_with_the_limit(mock: Served, value: bytes):
    sent = b'{"message":"x","env":' + value + b"}"

    reply = await mock.call("POST", TASKS, data=sent, headers={**mock.key, **JSON})
    journal = await mock.call("GET", "/__mock/v1/journal", headers=mock.control)

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert "the limit is 100 objects and lists" in reply.message
    assert "nested too deeply" in journal.json["entries"][0]["asked"]["body"]


async def test_a_text_of_what_stands_between_values_is_one_value(mock: Served):
    reply = await mock.call("POST", TASKS, json={"message": '",[]{}:\\' * 12_000})

    assert reply.status == 201


async def test_a_form_is_taken_with_every_text_at_its_limit_and_refused_beyond(mock: Served):
    text = "\U0001f600" * 100_000
    sent = urlencode({"message": text, "systemPrompt": text}).encode()

    taken = await mock.call("POST", TASKS, data=io.BytesIO(sent), headers={**mock.key, **FORM})
    beyond = io.BytesIO(b"message=" + b"x" * MOST_FORM_BYTES)
    refused = await mock.call("POST", TASKS, data=beyond, headers={**mock.key, **FORM})

    assert taken.status == 201
    assert (refused.status, refused.code) == (413, "PAYLOAD_TOO_LARGE")
    assert refused.message == "Request body too large; the limit is 2.5 MiB"


async def test_of_a_form_of_very_many_fields_the_journal_keeps_the_size(mock: Served):
    sent = b"&".join(b"name%d=value" % number for number in range(1000))

    reply = await mock.call("POST", TASKS, data=sent, headers={**mock.key, **FORM})
    journal = await mock.call("GET", "/__mock/v1/journal", headers=mock.control)

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    asked = journal.json["entries"][0]["asked"]
    assert (asked["bytes"], asked["body"], "fields" in asked) == (len(sent), None, False)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (TASKS, b'{"message":7}'),
        (TASKS, b'{"message":'),
        (TASKS, b"[" + b"1," * MOST_VALUES + b"1]"),
        (TASKS, b'{"message":' + b"9" * 401 + b"}"),
        (TOKEN, b'{"appId":"app_shop"}'),
        (TOKEN, b'{"appId":"app_shop","appSecret":"wrong","endUserId":"u"}'),
    ],
    ids=["field", "json", "many", "digits", "missing", "wrong"],
)
async def test_a_refusal_keeps_nothing_of_the_body_once_it_is_answered(mock: Served, path: str, sent: bytes):
    request = mock.head("POST", path, "Content-Type: application/json", f"Content-Length: {len(sent)}") + sent
    gc.collect()
    others = _refusals()
    gc.disable()
    try:
        reply = reply_of(await mock.raw(request))  # the connection is closed after its handler ends
        left = [each for each in _refusals() if all(each is not other for other in others)]
    finally:
        gc.enable()

    assert reply.status in {400, 401}
    assert [each.message for each in left] == []


def _refusals() -> list[ApiError]:
    return [each for each in gc.get_objects() if isinstance(each, ApiError)]
