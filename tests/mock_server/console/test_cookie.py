"""The session's cookie is found among cookies of other servers on this host, which cannot sign a user out."""

from typing import Any

import pytest

from sigmic_mock.console.cookie import MOST_BYTES, MOST_VALUES
from tests.fakes.served import Reply, Served
from tests.mock_server.console.test_console import call, signed_in


async def me(mock: Served, *lines: str) -> Reply:
    """Request the signed-in user, with these `Cookie` headers."""
    headers: Any = [("Cookie", line) for line in lines]
    return await mock.call("GET", "/console/api/me", headers=headers)


@pytest.mark.parametrize(
    "cookies",
    [
        ["{own}"],
        ["  {own}  ;"],
        ["bad[]=1; {own}"],
        ['a="x; {own}'],
        ["a b=c; {own}"],
        ["{{}}=1; {own}"],
        ["é=1; {own}"],
        ["{name}=evil; {own}"],
        ["{own}; {name}=evil"],
        ["{own}; {own}"],
        ["{own}; {name}=" + "0" * 64],
        ["{name}; {name}=; ={name}; x{own}; {own}"],
        ["a=1", "b=" + "\\" * 7000, "{own}"],
    ],
)
async def test_other_cookies_sign_no_user_out(mock: Served, cookies: list[str]) -> None:
    own = await signed_in(mock)
    name = own.partition("=")[0]

    reply = await me(mock, *(line.format(own=own, name=name) for line in cookies))

    assert reply.status == 200, reply.body
    assert reply.data["name"] == "ada"


@pytest.mark.parametrize(
    "cookie", ["", "{name}=", '{name}="{token}"', "{name}={TOKEN}", "{NAME}={token}", "x{name}={token}"]
)
async def test_an_invalid_cookie_signs_no_user_in(mock: Served, cookie: str) -> None:
    name, _, token = (await signed_in(mock)).partition("=")
    line = cookie.format(name=name, token=token, TOKEN=token.upper(), NAME=name.upper())

    assert (await me(mock, line)).code == "AUTH_REQUIRED"


async def test_no_other_server_chooses_the_session(mock: Served) -> None:
    own, another = await signed_in(mock), await signed_in(mock)

    both = await me(mock, f"{another}; {own}")

    assert both.code == "AUTH_REQUIRED"
    assert own.partition("=")[0] in both.message
    assert (await call(mock, "DELETE", "/session", f"{own}; {another}")).status == 401
    assert (await me(mock, own)).status == 200


async def test_so_much_is_read_and_no_more(mock: Served) -> None:
    own = await signed_in(mock)
    name, line = own.partition("=")[0], "a=1;" * 1900

    assert (await me(mock, *[line] * (MOST_BYTES // len(line)), own)).status == 200
    assert (await me(mock, *[line] * (MOST_BYTES // len(line) + 1), own)).status == 401
    wrong = [f"{name}={number:064x}" for number in range(MOST_VALUES)]
    assert (await me(mock, "; ".join([*wrong[1:], own]))).status == 200
    assert (await me(mock, "; ".join([*wrong, own]))).status == 401
