"""Every code of the catalogue is reached over HTTP, with its status, in the envelope."""

import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict

from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.domain.errors import CATALOGUE, ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.upload_rules import MIB
from tests.fakes.served import (
    EXPIRED_KEY,
    ORIGIN,
    UNKNOWN_KEY,
    VIEWER_KEY,
    Reply,
    Served,
    serving,
    serving_instead,
)

Provocation = Callable[[Served], Awaitable[Reply]]
TASKS = "/api/v1/tasks"
TOKEN = "/api/v1/auth/token"
JSON = {"Content-Type": "application/json"}
CREDENTIALS = {"appId": "app_shop", "appSecret": "shop-secret", "endUserId": "customer-17"}


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def exchange(**fields: Any) -> Provocation:
    body = {name: value for name, value in {**CREDENTIALS, **fields}.items() if value is not None}
    return lambda mock: mock.call("POST", TOKEN, json=body, headers={})


def get(path: str, headers: dict[str, str] | None = None) -> Provocation:
    return lambda mock: mock.call("GET", path, headers=headers)


def post(**options: Any) -> Provocation:
    return lambda mock: mock.call("POST", TASKS, **options)


def upload(*files: tuple[str, bytes]) -> Provocation:
    async def provoke(mock: Served) -> Reply:
        form = aiohttp.FormData({"message": "look"})
        for name, content in files:
            form.add_field("files", io.BytesIO(content), filename=name)
        return await mock.call("POST", TASKS, data=form)

    return provoke


async def too_much_json(mock: Served) -> Reply:
    body = io.BytesIO(b'{"message": "' + b"x" * (9 * MIB) + b'"}')
    return await mock.call("POST", TASKS, data=body, headers={**mock.key, "Content-Type": "application/json"})


async def foreign_origin(mock: Served) -> Reply:
    token = (await exchange()(mock)).data["token"]
    return await mock.call("GET", TASKS, headers={**bearer(token), "Origin": "https://elsewhere.example"})


async def one_origin_of_two(mock: Served) -> Reply:
    token = (await exchange()(mock)).data["token"]
    assert (await mock.call("GET", TASKS, headers={**bearer(token), "Origin": ORIGIN})).status == 200
    both = CIMultiDict({**bearer(token), "Origin": ORIGIN})
    both.add("Origin", "https://elsewhere.example")
    return await mock.call("GET", TASKS, headers=both)


async def second_cancel(mock: Served) -> Reply:
    task_id = await mock.finished()
    return await mock.call("DELETE", f"{TASKS}/{task_id}")


async def rate_limited(mock: Served) -> Reply:
    async def list_tasks(_call: object) -> Any:
        raise ApiError(ErrorCode.RATE_LIMITED, headers={"Retry-After": "5"})

    async with serving_instead(mock, list_tasks=list_tasks) as limited:
        return await limited.call("GET", TASKS)


async def broken(mock: Served) -> Reply:
    async def list_tasks(_call: object) -> Any:
        raise KeyError("a secret detail")

    async with serving_instead(mock, list_tasks=list_tasks) as faulty:
        return await faulty.call("GET", TASKS)


PROVOCATIONS: dict[ErrorCode, list[Provocation]] = {
    ErrorCode.AUTH_REQUIRED: [
        get(TASKS, {}),
        get(TASKS, {"Authorization": "Bearer "}),
        get(TASKS, {"X-API-Key": ""}),
    ],
    ErrorCode.INVALID_API_KEY: [
        get(TASKS, bearer(UNKNOWN_KEY)),
        get(TASKS, bearer(EXPIRED_KEY)),
        get(TASKS, bearer("sigmic_short")),
        get(TASKS, bearer(defaults.API_KEY.upper().replace("SIGMIC", "sigmic"))),
        get(TASKS, {"X-API-Key": "eyJhbGciOiJIUzI1NiJ9.e30.x"}),
    ],
    ErrorCode.INVALID_AUTH_FORMAT: [
        get(TASKS, bearer("banana")),
        get(TASKS, {"Authorization": "Basic dXNlcjpwYXNz"}),
        get(TASKS, {"Authorization": defaults.API_KEY}),
        get(TASKS, {"X-API-Key": "banana"}),
    ],
    ErrorCode.INVALID_TOKEN: [get(TASKS, bearer("eyJhbGciOiJIUzI1NiJ9.e30.AAAA")), get(TASKS, bearer("eyJ"))],
    ErrorCode.ORIGIN_NOT_ALLOWED: [foreign_origin, one_origin_of_two],
    ErrorCode.MISSING_CREDENTIALS: [exchange(appId=None), exchange(appSecret=None), exchange(appSecret="")],
    ErrorCode.MISSING_END_USER_ID: [exchange(endUserId=None), exchange(endUserId="")],
    ErrorCode.INVALID_CREDENTIALS: [
        exchange(appSecret="wrong"),
        exchange(appId="app_nobody"),
        exchange(appSecret="wrong", expiresIn="banana"),
    ],
    ErrorCode.INVALID_EXPIRES_IN: [
        exchange(expiresIn="banana"),
        exchange(expiresIn=""),
        exchange(expiresIn="-1h"),
        exchange(expiresIn="0h"),
        exchange(expiresIn="31d"),
        exchange(expiresIn=3600),
    ],
    ErrorCode.INVALID_ENV: [
        exchange(env={"1A": "x"}),
        exchange(secrets={"A": 1}),
        post(json={"message": "hi", "env": {"A-B": "x"}}),
        post(json={"message": "hi", "env": {"PATH": "x"}}),
        post(json={"message": "hi", "secrets": ["x"]}),
        post(json={"message": "hi", "env": {"A": "x" * 32769}}),
        post(json={"message": "hi", "env": {f"A{n}": "" for n in range(101)}}),
    ],
    ErrorCode.FORBIDDEN: [
        lambda mock: mock.call("POST", TASKS, json={"message": "hi"}, headers=bearer(VIEWER_KEY))
    ],
    ErrorCode.NOT_FOUND: [
        get(f"{TASKS}/nothing"),
        get("/nowhere"),
        get("/api/v1/tasks/"),
        get(f"{TASKS}/%ff"),
    ],
    ErrorCode.VALIDATION_ERROR: [
        post(json={}),
        lambda mock: mock.call("POST", TOKEN, data=b"[" * 300 + b"]" * 300, headers=JSON),
        lambda mock: mock.call("POST", TOKEN, data=b'{"a":' * 300 + b"1" + b"}" * 300, headers=JSON),
        lambda mock: mock.call("POST", TOKEN, data=b"7", headers=JSON),
        post(json={"message": ""}),
        post(json={"message": "hi", "colour": "red"}),
        post(data=b"{", headers={**bearer(defaults.API_KEY), "Content-Type": "application/json"}),
        post(data={"message": "hi", "autoExecute": "maybe"}),
        post(data={"message": "hi", "env": "{}"}),
        get(f"{TASKS}?limit=0"),
        get(f"{TASKS}?limit=101"),
        get(f"{TASKS}?limit=1&limit=2"),
        get(f"{TASKS}?offset=%F0"),
    ],
    ErrorCode.METHOD_NOT_ALLOWED: [lambda mock: mock.call("PATCH", TASKS)],
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: [
        lambda mock: mock.call("POST", TASKS, data=b"x", headers={**mock.key, "Content-Type": "text/plain"}),
        lambda mock: mock.call(
            "POST",
            TASKS,
            data=b"{}",
            headers={**mock.key, "Content-Type": "application/json; charset=utf-16"},
        ),
        lambda mock: mock.call(
            "POST",
            TASKS,
            data=b"{}",
            headers={**mock.key, "Content-Type": "application/json", "Content-Encoding": "gzip"},
        ),
    ],
    ErrorCode.PAYLOAD_TOO_LARGE: [too_much_json],
    ErrorCode.FILE_TOO_LARGE: [upload(("big.bin", bytes(50 * MIB + 1)))],
    ErrorCode.TOO_MANY_FILES: [upload(*((f"{n}.txt", b"x") for n in range(21)))],
    ErrorCode.INVALID_ARCHIVE: [upload(("broken.zip", b"PK\x03\x04" + bytes(100)))],
    ErrorCode.CONFLICT: [second_cancel],
    ErrorCode.RATE_LIMITED: [rate_limited],
    ErrorCode.INTERNAL_ERROR: [broken],
}


@pytest.mark.parametrize("code", [code for code in ErrorCode if code is not ErrorCode.JWT_NOT_CONFIGURED])
async def test_every_code_is_answered_with_its_status_in_the_envelope(mock: Served, code: ErrorCode):
    assert code in PROVOCATIONS, f"say in PROVOCATIONS of this file how {code} is provoked"

    for provoke in PROVOCATIONS[code]:
        reply = await provoke(mock)

        assert (reply.code, reply.status) == (code.value, CATALOGUE[code].status)
        assert reply.headers["Content-Type"].startswith("application/json")
        assert reply.headers["X-Request-Id"]
        assert reply.headers["Cache-Control"] == "no-store"


async def test_without_a_signing_key_both_the_exchange_and_the_use_of_a_token_say_so(tmp_path: Path):
    async with serving(tmp_path, jwt=False) as mock:
        answers = [
            await exchange()(mock),
            await exchange(appId=None)(mock),
            await get(TASKS, bearer("eyJx.y.z"))(mock),
        ]

    assert [(reply.status, reply.code) for reply in answers] == [(501, "JWT_NOT_CONFIGURED")] * 3


async def test_a_401_carries_its_challenge(mock: Served):
    for reply in [await get(TASKS, {})(mock), await exchange(appSecret="wrong")(mock)]:
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_429_says_when_to_come_back(mock: Served):
    assert (await rate_limited(mock)).headers["Retry-After"] == "5"


async def test_an_internal_error_tells_nothing_but_its_id_which_is_in_the_log(
    mock: Served, caplog: pytest.LogCaptureFixture
):
    reply = await broken(mock)

    assert reply.json["error"] == {"message": "Internal error", "code": "INTERNAL_ERROR"}
    assert reply.headers["X-Request-Id"] in caplog.text
    assert "a secret detail" in caplog.text


async def test_a_token_of_the_right_origin_is_let_in(mock: Served):
    token = (await exchange()(mock)).data["token"]

    reply = await mock.call("GET", TASKS, headers={**bearer(token), "Origin": ORIGIN})

    assert reply.data == []
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_who_is_refused_is_refused_before_anything_else_is_looked_at(mock: Served):
    stranger = await mock.call("POST", f"{TASKS}/nothing/messages", data=b"{", headers={})
    known = await mock.call("POST", f"{TASKS}/nothing/messages", data=b"{")
    download = await mock.call("GET", f"{TASKS}/nothing/artifacts/download")
    approval = await mock.call("POST", f"{TASKS}/nothing/tools/x/approve", data=b"{")

    assert [reply.status for reply in (stranger, known, download, approval)] == [401, 404, 404, 404]
