"""A server answers to its own names on every surface, and to no name that an attacker can choose."""

from pathlib import Path
from typing import cast

import pytest
from aiohttp import web
from multidict import CIMultiDict

from sigmic_mock.config import defaults
from sigmic_mock.domain.errors import ErrorCode
from sigmic_mock.http.local_names import LocalNames
from tests.fakes.served import Served, reply_of, serving

TOKEN = "/api/v1/auth/token"
EVIL = {"Origin": "https://evil.example"}
SHOP = {"Origin": "https://shop.example"}
SURFACES = [
    ("GET", "/api/v1/tasks"),
    ("POST", "/api/v1/tasks"),
    ("OPTIONS", "/api/v1/tasks"),
    ("POST", TOKEN),
    ("POST", "/ui/sign-in"),
    ("GET", "/"),
    ("GET", "/c/x"),
    ("GET", "/console"),
    ("GET", "/console/api/session"),
    ("POST", "/console/api/session"),
    ("GET", "/widget/sigmic-chat.js"),
    ("GET", "/docs"),
    ("GET", "/llms.txt"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/__mock/ui"),
    ("GET", "/__mock/v1/clock"),
    ("GET", "/nowhere"),
]
LOCAL = [
    "localhost",
    "LOCALHOST:1",
    "localhost:",
    "shop.localhost:3000",
    "127.0.0.1:8787",
    "127.9.9.9",
    "[::1]:80",
]
FOREIGN = [
    "evil.example",
    "evil.example:8787",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "notlocalhost",
    "localhost.",
    "127.1",
    "0.0.0.0",
    "192.168.1.7:8787",
    "[::ffff:127.0.0.1]",
    "[fe80::1]",
]
MALFORMED = [
    "",
    " ",
    "a b",
    "a,b",
    "evil.example/x",
    "u@localhost",
    "localhost:80:80",
    "::1",
    "[::1",
    "[",
    "é",
    "a" * 300,
]


class _Request:
    """The parts of a request that the rule reads."""

    def __init__(self, *hosts: str, target: str = "/x") -> None:
        self.headers = CIMultiDict([("Host", host) for host in hosts])
        self.raw_path = target


def code(names: LocalNames, *hosts: str, target: str = "/x") -> ErrorCode | None:
    refusal = names.refusal(cast("web.BaseRequest", _Request(*hosts, target=target)))
    return None if refusal is None else refusal.code


def test_a_local_server_answers_to_local_names_alone() -> None:
    names = LocalNames()

    for hosts, expected in (
        (LOCAL, None),
        (FOREIGN, ErrorCode.FORBIDDEN),
        (MALFORMED, ErrorCode.VALIDATION_ERROR),
    ):
        assert {host: code(names, host) for host in hosts} == dict.fromkeys(hosts, expected)


def test_a_request_has_one_host() -> None:
    assert code(LocalNames()) is ErrorCode.VALIDATION_ERROR
    assert code(LocalNames(), "localhost", "localhost") is ErrorCode.VALIDATION_ERROR


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://localhost:8787/x", None),
        ("https://127.0.0.1", None),
        ("*", None),
        ("//evil.example/x", None),
        ("http://evil.example/x", ErrorCode.FORBIDDEN),
        ("ws://evil.example?x", ErrorCode.FORBIDDEN),
        ("evil.example:443", ErrorCode.FORBIDDEN),
        ("http://localhost@evil.example/", ErrorCode.VALIDATION_ERROR),
        ("http:///x", ErrorCode.VALIDATION_ERROR),
    ],
)
def test_the_authority_of_a_target_obeys_the_same_rule(target: str, expected: ErrorCode | None) -> None:
    assert code(LocalNames(), "localhost", target=target) is expected


def test_a_server_that_others_reach_answers_to_addresses_and_added_names_but_to_no_other() -> None:
    names = LocalNames(is_loopback=False, added=["Mock.test", "0.0.0.0"])
    taken = [*LOCAL, "192.168.1.7:8787", "[fd00::7]:1", "mock.test:80", "MOCK.TEST", "0.0.0.0:8787"]

    assert {host: code(names, host) for host in taken} == dict.fromkeys(taken)
    assert code(names, "evil.example") is ErrorCode.FORBIDDEN
    assert code(names, "x.mock.test") is ErrorCode.FORBIDDEN


def test_pages_of_local_and_added_names_are_local_pages() -> None:
    names = LocalNames(is_loopback=False, added=["mock.test"])
    local = [
        "http://localhost:5173",
        "https://127.0.0.1",
        "http://[::1]:1",
        "http://a.localhost",
        "http://mock.test:3",
    ]
    foreign = [
        "null",
        "",
        "http://192.168.1.7",
        "https://evil.example",
        "ftp://localhost",
        "http://localhost/",
        "http://",
    ]

    assert [origin for origin in local if not names.has_page(origin)] == []
    assert [origin for origin in foreign if names.has_page(origin)] == []


async def test_no_surface_answers_under_a_foreign_name(mock: Served) -> None:
    evil = f"evil.example:{mock.port}"
    everything = {**mock.key, "X-API-Key": "", "Origin": f"http://{evil}", "Content-Type": "application/json"}

    replies = {
        (method, path): await mock.call(method, path, headers={**everything, "Host": evil}, data=b"{}")
        for method, path in SURFACES
    }

    assert {surface: (reply.status, reply.code) for surface, reply in replies.items()} == dict.fromkeys(
        SURFACES, (403, "FORBIDDEN")
    )
    assert all("--allow-host evil.example" in reply.message for reply in replies.values())
    assert all("Access-Control-Allow-Origin" not in reply.headers for reply in replies.values())
    assert (await mock.call("GET", "/api/v1/tasks")).json["pagination"]["total"] == 0


async def test_a_foreign_authority_is_refused_under_a_local_host(mock: Served) -> None:
    for method, path in SURFACES:
        answer = await mock.raw(mock.head(method, f"http://evil.example{path}"))

        assert reply_of(answer).status == 403, path


async def test_added_names_are_answered_on_every_surface(tmp_path: Path) -> None:
    async with serving(tmp_path, allow_host=("mock.test",)) as mock:
        host = f"mock.test:{mock.port}"
        own = {"Host": host, "Origin": f"http://{host}", "Content-Type": "application/json"}

        for path, headers in (
            ("/api/v1/tasks", mock.key),
            ("/console", {}),
            ("/__mock/v1/clock", mock.control),
        ):
            assert (await mock.call("GET", path, headers={**headers, "Host": host})).status == 200, path
        assert (await mock.call("POST", "/ui/sign-in", headers=own, data=b"{}")).status == 200
        assert (await mock.call("GET", "/healthz", headers={"Host": "other.test"})).status == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 201),
        ("http://localhost:5173", 201),
        ("https://a.localhost", 201),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
async def test_a_foreign_page_changes_nothing(mock: Served, origin: str | None, status: int) -> None:
    sent = mock.key if origin is None else {**mock.key, "Origin": origin}

    reply = await mock.call("POST", "/api/v1/tasks", headers=sent, json={"message": "What is 2+2?"})

    assert reply.status == status
    if status == 403:
        assert reply.code == "ORIGIN_NOT_ALLOWED"
        assert "--allow-host" in reply.message
        assert (await mock.call("GET", "/api/v1/tasks")).json["pagination"]["total"] == 0


async def test_a_page_gets_no_token_unless_an_app_lists_it(mock: Served) -> None:
    exchange = {"appId": defaults.APP_ID, "appSecret": defaults.APP_SECRET, "endUserId": "u"}

    foreign = await mock.call("POST", TOKEN, headers=EVIL, json=exchange)
    allowed = await mock.call("POST", TOKEN, headers=SHOP, json=exchange)

    assert (foreign.status, foreign.code) == (403, "ORIGIN_NOT_ALLOWED")
    assert allowed.status == 200
