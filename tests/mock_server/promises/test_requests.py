"""What the mock promises about requests and refusals where no page says anything: gaps of spec/facts.yaml."""

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from sigmic_mock.config import defaults
from tests.fakes.raw_calls import token
from tests.fakes.served import ORIGIN, STRANGER_KEY, TASKS, VIEWER_KEY, Reply, Served
from tests.fakes.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = "00000000-0000-4000-8000-00000000dead"
EXCHANGE = "/api/v1/auth/token"
APP = {"appId": "app_shop", "appSecret": "shop-secret", "endUserId": "u"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def told(reply: Reply) -> tuple[int, str | None]:
    """The status, and the code of a refusal."""
    return reply.status, reply.code if reply.status >= 400 else None


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        # G-04: what is invalid is a 400 with this code.
        ({}, (400, "VALIDATION_ERROR")),
        # G-11: at most 100,000 characters, and not only white space.
        ({"message": "x" * 100_000}, (201, None)),
        ({"message": "x" * 100_001}, (400, "VALIDATION_ERROR")),
        ({"message": " \n"}, (400, "VALIDATION_ERROR")),
        # G-13
        ({"message": "Hi", "colour": "red"}, (400, "VALIDATION_ERROR")),
        # G-16, G-17 and G-18
        ({"message": "Hi", "env": {"1A": "x"}}, (400, "INVALID_ENV")),
        ({"message": "Hi", "env": {"A": 1}}, (400, "INVALID_ENV")),
        ({"message": "Hi", "env": {f"V{number}": "" for number in range(101)}}, (400, "INVALID_ENV")),
        ({"message": "Hi", "secrets": {"A": "x" * (32 * 1024 + 1)}}, (400, "INVALID_ENV")),
        ({"message": "Hi", "env": {"LD_PRELOAD": "x"}}, (400, "INVALID_ENV")),
        ({"message": "Hi", "env": {"PATH": "x"}}, (400, "INVALID_ENV")),
        ({"message": "Hi", "env": {"GRÖSSE": "x"}}, (400, "INVALID_ENV")),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
async def test_a_creation_is_accepted_or_refused(mock: Served, body: Any, answer: tuple[int, str | None]):
    assert told(await mock.call("POST", TASKS, json=body)) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        # G-07: like a form without files.
        ("message=Hi", (201, None)),
        # G-12: a boolean is true or false, in any letter case.
        ("message=Hi&autoExecute=FALSE", (201, None)),
        ("message=Hi&autoExecute=yes", (400, "VALIDATION_ERROR")),
    ],
)
async def test_a_form_is_accepted_or_refused(mock: Served, text: str, answer: tuple[int, str | None]):
    reply = await mock.call("POST", TASKS, data=text.encode(), headers={**mock.key, **FORM})

    assert told(reply) == answer


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        # G-05
        ("PUT", TASKS, (405, "METHOD_NOT_ALLOWED")),
        ("PATCH", f"{TASKS}/{NOBODY}", (405, "METHOD_NOT_ALLOWED")),
        ("DELETE", EXCHANGE, (405, "METHOD_NOT_ALLOWED")),
        # G-36
        *(
            ("GET", f"{TASKS}?{query}", (400, "VALIDATION_ERROR"))
            for query in ("limit=0", "limit=101", "limit=1.5", "limit=ten", "offset=-1", "offset=x")
        ),
    ],
)
async def test_a_request_is_refused(mock: Served, method: str, path: str, answer: tuple[int, str]):
    assert told(await mock.call(method, path)) == answer


@pytest.mark.parametrize("path", [TASKS, f"{TASKS}/{{task}}/messages", EXCHANGE])
async def test_a_body_of_another_media_type_is_refused(mock: Served, path: str):
    """G-07."""
    headers = {**mock.key, "Content-Type": "text/plain"}

    reply = await mock.call("POST", path.format(task=await mock.finished()), data=b"Hi", headers=headers)

    assert told(reply) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("files", [20, 21])
async def test_a_request_has_at_most_20_files(mock: Served, files: int):
    """G-26."""
    form = aiohttp.FormData({"message": "Hi"})
    for number in range(files):
        form.add_field("files", b"x", filename=f"{number}.txt")

    reply = await mock.call("POST", TASKS, data=form)

    assert told(reply) == ((201, None) if files == 20 else (400, "TOO_MANY_FILES"))


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        # G-88: Authorization counts.
        ({"Authorization": f"Bearer {defaults.API_KEY}", "X-API-Key": "nonsense"}, (200, None)),
        ({"Authorization": "Bearer nonsense", "X-API-Key": defaults.API_KEY}, (401, "INVALID_AUTH_FORMAT")),
        # G-88
        ({"Authorization": "Basic dTpw"}, (401, "INVALID_AUTH_FORMAT")),
    ],
)
async def test_a_credential_counts_or_not(mock: Served, headers: Mapping[str, str], answer: Any):
    assert told(await mock.call("GET", TASKS, headers=headers)) == answer


async def test_a_token_in_the_header_of_keys_is_refused(mock: Served):
    """G-88."""
    reply = await mock.call("GET", TASKS, headers={"X-API-Key": await token(mock)})

    assert told(reply) == (401, "INVALID_API_KEY")


async def test_credentials_are_checked_before_the_body(mock: Served):
    """G-98."""
    assert told(await mock.call("POST", TASKS, json={"message": 1}, headers={})) == (401, "AUTH_REQUIRED")


@pytest.mark.parametrize(
    ("origin", "answer"),
    [
        (None, (200, None)),
        (ORIGIN, (200, None)),
        *(
            (other, (403, "ORIGIN_NOT_ALLOWED"))
            for other in (ORIGIN.replace("https", "http"), f"{ORIGIN}:8443", "https://other.example")
        ),
    ],
)
async def test_a_token_is_used_from_an_allowed_origin_or_without_one(
    mock: Served, origin: str | None, answer: tuple[int, str | None]
):
    """G-90."""
    headers = {"Authorization": f"Bearer {await token(mock)}"} | ({"Origin": origin} if origin else {})

    assert told(await mock.call("GET", TASKS, headers=headers)) == answer


async def test_a_preflight_of_an_allowed_origin_is_granted(mock: Served):
    """G-91."""
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}

    reply = await mock.call("OPTIONS", TASKS, headers=asked)

    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert {"GET", "POST"} <= set(reply.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = reply.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed


async def test_a_foreign_task_is_refused_exactly_like_an_unknown_one(mock: Served):
    """G-41."""
    task = await mock.finished()
    stranger = mock.by(STRANGER_KEY)

    foreign, unknown = [await stranger.call("GET", f"{TASKS}/{each}") for each in (task, NOBODY)]

    assert told(foreign) == told(unknown) == (404, "NOT_FOUND")
    assert foreign.body == unknown.body


async def test_a_viewer_reads_and_changes_nothing(mock: Served):
    """G-100."""
    task, viewer = await mock.finished(), mock.by(VIEWER_KEY)
    path = f"{TASKS}/{task}"
    reads = [path, f"{path}/history", f"{path}/stream", f"{path}/artifacts", TASKS]
    changes: list[tuple[str, str, Any]] = [
        ("POST", TASKS, {"message": "Hi"}),
        ("POST", f"{path}/messages", {"message": "More"}),
        ("POST", f"{path}/tools/c/approve", {"outcome": "cancel"}),
        ("DELETE", path, None),
    ]

    assert {(await viewer.call("GET", each)).status for each in reads} == {200}
    refused = [await viewer.call(method, where, json=body) for method, where, body in changes]
    assert {told(each) for each in refused} == {(403, "FORBIDDEN")}


async def test_every_answer_has_its_own_request_id_and_json_is_not_stored(mock: Served):
    """G-01, G-02, G-09 and G-57."""
    created = await mock.call("POST", TASKS, json={"message": "Hi"})
    answers = [created, *[await mock.call("GET", path) for path in (TASKS, TASKS, f"{TASKS}/{NOBODY}")]]

    assert [each.status for each in answers] == [201, 200, 200, 404]
    assert len({each.headers["X-Request-Id"] for each in answers}) == len(answers)
    assert {each.headers["Cache-Control"] for each in answers} == {"no-store"}


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        # G-93
        *(({"expiresIn": text}, (200, None)) for text in ("90s", "30d")),
        *(
            ({"expiresIn": text}, (400, "INVALID_EXPIRES_IN"))
            for text in ("31d", "0s", "007d", "1.5h", "60", "1H", "1w", "", "-1h")
        ),
        # G-94
        ({"endUserId": ("ü @" * 85)[:255]}, (200, None)),
    ],
    ids=str,
)
async def test_an_exchange_is_accepted_or_refused(mock: Served, fields: Any, answer: Any):
    assert told(await mock.call("POST", EXCHANGE, headers={}, json=APP | fields)) == answer


async def test_each_token_is_signed_and_has_its_own_id(mock: Served):
    """G-92."""
    parts = [(await token(mock, user="ann")).split(".") for _ in range(2)]
    headers, claims = (
        [json.loads(base64.urlsafe_b64decode(each[place] + "==")) for each in parts] for place in (0, 1)
    )

    assert {each["alg"] for each in headers} == {"HS256"}
    assert all(each["sub"] == "ann" and each["iat"] < each["exp"] for each in claims)
    assert len({each["jti"] for each in claims}) == 2


async def test_a_new_task_has_the_variables_of_the_newest_exchange(mock: Served):
    """G-95."""
    older = await token(mock, user="ben", env={"WORD": "older"})
    await token(mock, user="ben", env={"WORD": "newer"})

    _task, events = await mock.by(older).run("Run exactly this shell command: echo $WORD")

    (result,) = [data for kind, data in events if kind == "tool_result"]
    assert "newer" in result["output"]


async def test_a_task_of_a_token_has_an_owner(mock: Served):
    """G-23."""
    user = mock.by(await token(mock))

    shown = await user.task(await user.create())

    assert shown["apiKeyId"]
    assert shown["username"]


@pytest.mark.parametrize("env", [{}, None])
async def test_an_empty_env_reads_back_as_it_was_given(mock: Served, env: Any):
    """G-19."""
    fields = {} if env is None else {"env": env}

    assert (await mock.task(await mock.create(**fields)))["env"] == env


async def test_a_hidden_task_is_listed_read_and_streamed_like_any_other(mock: Served):
    """G-22."""
    task, events = await mock.run("What is 2+2?", showInHistory=False)

    listed = [each["id"] for each in (await mock.call("GET", TASKS)).data]
    assert events[-1][0] == "done"
    assert task in listed
    assert (await mock.task(task))["showInHistory"] is False
    assert (await mock.call("GET", f"{TASKS}/{task}/history")).status == 200


async def test_a_list_is_in_the_order_of_the_last_activity_and_stays_in_it(mock: Served):
    """G-38 and G-39."""
    first, second = await mock.finished(), await mock.finished()

    async def listed() -> list[str]:
        ids = [each["id"] for each in (await mock.call("GET", f"{TASKS}?limit=100")).data]
        # A task of another test may still change.
        return [each for each in ids if each in {first, second}]

    assert await listed() == await listed() == [second, first]
    await mock.say(first, "And what is 3+3?")

    async def moved() -> bool:
        return await listed() == [first, second]

    await eventually(moved)
    await asyncio.wait_for(mock.stream(first), 20)
