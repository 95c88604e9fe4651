"""Refusals over HTTP, with their status, in the envelope; the conformance suite provokes the others."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from multidict import CIMultiDict

from sigmic_mock.config import defaults
from sigmic_mock.domain.errors import ApiError, ErrorCode
from tests.fakes.served import EXPIRED_KEY, ORIGIN, Reply, Served, serving, serving_instead

Provocation = Callable[[Served], Awaitable[Reply]]
TASKS = "/api/v1/tasks"
TOKEN = "/api/v1/auth/token"
CREDENTIALS = {"appId": "app_shop", "appSecret": "shop-secret", "endUserId": "customer-17"}


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def exchange(**fields: Any) -> Provocation:
    body = {name: value for name, value in {**CREDENTIALS, **fields}.items() if value is not None}
    return lambda mock: mock.call("POST", TOKEN, json=body, headers={})


def get(path: str, headers: dict[str, str] | None = None) -> Provocation:
    return lambda mock: mock.call("GET", path, headers=headers)


def post(body: bytes, kind: str, more: Mapping[str, str] = MappingProxyType({})) -> Provocation:
    return lambda mock: mock.call(
        "POST", TASKS, data=body, headers={**mock.key, "Content-Type": kind, **more}
    )


async def one_origin_of_two(mock: Served) -> Reply:
    token = (await exchange()(mock)).data["token"]
    assert (await mock.call("GET", TASKS, headers={**bearer(token), "Origin": ORIGIN})).status == 200
    both = CIMultiDict({**bearer(token), "Origin": ORIGIN})
    both.add("Origin", "https://elsewhere.example")
    return await mock.call("GET", TASKS, headers=both)


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


UNSENT: list[tuple[ErrorCode, Provocation]] = [
    (ErrorCode.INVALID_API_KEY, get(TASKS, bearer(EXPIRED_KEY))),
    (ErrorCode.INVALID_API_KEY, get(TASKS, bearer(defaults.API_KEY.upper().replace("SIGMIC", "sigmic")))),
    (ErrorCode.INVALID_AUTH_FORMAT, get(TASKS, {"Authorization": defaults.API_KEY})),
    (ErrorCode.ORIGIN_NOT_ALLOWED, one_origin_of_two),
    (ErrorCode.INVALID_CREDENTIALS, exchange(appSecret="wrong", expiresIn="banana")),
    (ErrorCode.NOT_FOUND, get(f"{TASKS}/%ff")),
    (ErrorCode.VALIDATION_ERROR, get(f"{TASKS}?limit=1&limit=2")),
    (ErrorCode.VALIDATION_ERROR, get(f"{TASKS}?offset=%F0")),
    (ErrorCode.UNSUPPORTED_MEDIA_TYPE, post(b"{}", "application/json; charset=utf-16")),
    (ErrorCode.UNSUPPORTED_MEDIA_TYPE, post(b"{}", "application/json", {"Content-Encoding": "gzip"})),
    (ErrorCode.RATE_LIMITED, rate_limited),
    (ErrorCode.INTERNAL_ERROR, broken),
]
"""Refusals that the conformance suite does not send, or that no client can provoke."""


@pytest.mark.parametrize(("code", "provoke"), UNSENT)
async def test_a_code_is_answered_with_its_status_in_the_envelope(
    mock: Served, code: ErrorCode, provoke: Provocation
):
    reply = await provoke(mock)

    assert (reply.code, reply.status) == (code.value, code.status)
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.headers["X-Request-Id"]
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers.get("Retry-After") == ("5" if code is ErrorCode.RATE_LIMITED else None)


async def test_without_a_signing_key_both_the_exchange_and_the_use_of_a_token_say_so(tmp_path: Path):
    async with serving(tmp_path, jwt=False) as mock:
        answers = [
            await exchange()(mock),
            await exchange(appId=None)(mock),
            await get(TASKS, bearer("eyJx.y.z"))(mock),
        ]

    assert [(reply.status, reply.code) for reply in answers] == [(501, "JWT_NOT_CONFIGURED")] * 3


async def test_an_internal_error_tells_nothing_but_its_id_which_is_in_the_log(
    mock: Served, caplog: pytest.LogCaptureFixture
):
    reply = await broken(mock)

    assert reply.json["error"] == {"message": "Internal error", "code": "INTERNAL_ERROR"}
    assert reply.headers["X-Request-Id"] in caplog.text
    assert "a secret detail" in caplog.text


async def test_who_is_refused_is_refused_before_anything_else_is_looked_at(mock: Served):
    stranger = await mock.call("POST", f"{TASKS}/nothing/messages", data=b"{", headers={})
    known = await mock.call("POST", f"{TASKS}/nothing/messages", data=b"{")
    download = await mock.call("GET", f"{TASKS}/nothing/artifacts/download")
    approval = await mock.call("POST", f"{TASKS}/nothing/tools/x/approve", data=b"{")

    assert [reply.status for reply in (stranger, known, download, approval)] == [401, 404, 404, 404]
