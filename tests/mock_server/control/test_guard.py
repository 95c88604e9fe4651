"""Which callers the control plane accepts, and that a refused call changes nothing."""

from typing import cast

import pytest
from aiohttp import web
from multidict import CIMultiDict

from sigmic_mock.control.guard import Guard
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.secret import Secret
from sigmic_mock.http.local_caller import is_loopback
from tests.fakes.served import Served

HEALTH = "/__mock/v1/health"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "AUTH_REQUIRED"),
        ({"Authorization": "Bearer mockctl_wrong"}, 401, "INVALID_TOKEN"),
        ({"Authorization": "Basic {token}"}, 401, "INVALID_TOKEN"),
        ({"Authorization": "Bearer {token}x"}, 401, "INVALID_TOKEN"),
        ({"Authorization": "Bearer {token}", "Origin": "https://evil.example"}, 403, "FORBIDDEN"),
        ({"Authorization": "Bearer {token}", "Origin": "http://localhost:5173"}, 403, "FORBIDDEN"),
        ({"Authorization": "Bearer {token}", "Origin": "null"}, 403, "FORBIDDEN"),
    ],
)
async def test_a_call_without_the_token_or_from_a_web_page_is_refused(
    mock: Served, headers: dict[str, str], status: int, code: str
) -> None:
    token = mock.application.control_token.reveal()
    sent = {name: value.replace("{token}", token) for name, value in headers.items()}

    reply = await mock.call("GET", HEALTH, headers=sent)

    assert (reply.status, reply.code) == (status, code)
    assert token not in reply.body.decode()
    assert "Access-Control-Allow-Origin" not in reply.headers
    assert ("WWW-Authenticate" in reply.headers) is (status == 401)


async def test_an_api_key_is_no_control_token(mock: Served) -> None:
    assert (await mock.call("GET", HEALTH)).status == 401


async def test_the_servers_own_page_is_let_in(mock: Served) -> None:
    reply = await mock.call("GET", HEALTH, headers={**mock.control, "Origin": mock.url})

    assert reply.status == 200


async def test_every_address_answers_401_without_the_token(mock: Served) -> None:
    statuses = {
        (await mock.call(method, path, headers={})).status
        for method in ("GET", "POST", "OPTIONS", "DELETE")
        for path in (HEALTH, "/__mock/v1/nowhere", "/__mock/", "/__mock")
    }

    assert statuses == {401}


async def test_two_credentials_are_none(mock: Served) -> None:
    token = mock.application.control_token.reveal()
    lines = ["Host: localhost", "Connection: close", *[f"Authorization: Bearer {token}"] * 2]
    request = "\r\n".join(["GET /__mock/v1/health HTTP/1.1", *lines, "", ""])

    assert b" 401 " in (await mock.raw(request.encode())).splitlines()[0]


@pytest.mark.parametrize(
    ("peer", "is_ours"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.168.1.7", False),
        ("::ffff:192.168.1.7", False),
        ("fe80::1%eth0", False),
        ("", False),
        (None, False),
    ],
)
def test_only_this_machine_is_loopback(peer, is_ours) -> None:
    assert is_loopback(peer) is is_ours


def _visitor(peer: str, **headers: str) -> web.BaseRequest:
    return cast("web.BaseRequest", _Visitor(peer, **headers))


class _Visitor:
    """The parts of a request that the guard reads."""

    def __init__(self, peer: str, **headers: str) -> None:
        self.remote = peer
        self.headers = CIMultiDict(headers)


def test_another_machine_is_refused_unless_the_control_api_is_public() -> None:
    visitor = _visitor("192.168.1.7", host="localhost", authorization="Bearer mockctl_x")

    with pytest.raises(ApiError) as refused:
        Guard(Secret("mockctl_x")).check(visitor)

    assert refused.value.code is ErrorCode.FORBIDDEN
    Guard(Secret("mockctl_x"), public=True).check(visitor)


def test_a_public_control_plane_still_asks_for_its_token() -> None:
    with pytest.raises(ApiError) as refused:
        Guard(Secret("mockctl_x"), public=True).check(_visitor("192.168.1.7", host="192.168.1.9"))

    assert refused.value.code is ErrorCode.AUTH_REQUIRED
