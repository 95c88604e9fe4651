"""Serving pages: their policy, which callers get them, and that no other file of the machine is served."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from sigmic_mock.config import defaults
from sigmic_mock.config.file import Config
from sigmic_mock.pages.files import WEB, Files
from sigmic_mock.pages.mount import POLICY
from tests.fakes.served import Served, reply_of, serving

SIGN_IN = "/ui/sign-in"
PAGES = (
    ("/", "chat.html"),
    ("/c/10ca1000-0000-4000-8000-000000000001", "chat.html"),
    ("/console", "console.html"),
    ("/console/settings/developer", "console.html"),
    ("/console/p/10ca1000/api-keys", "console.html"),
    ("/__mock/ui", "deck.html"),
    ("/__mock/ui/faults", "deck.html"),
    ("/docs", "docs.html"),
)


async def test_a_page_is_sent_under_the_policy_and_for_this_origin_alone(mock: Served):
    foreign = {"Origin": "https://evil.example", "Accept-Encoding": ""}
    for path, file in PAGES:
        reply = await mock.call("GET", path, headers=foreign)

        assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert reply.headers["Content-Security-Policy"] == POLICY
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in reply.headers
        assert reply.body == (WEB / file).read_bytes()


def test_the_policy_has_no_exception():
    assert "unsafe" not in POLICY
    assert "nonce" not in POLICY
    assert {"default-src 'none'", "trusted-types 'none'", "frame-ancestors 'none'"} <= set(POLICY.split("; "))


async def test_a_script_may_be_read_by_the_pages_that_embed_the_widget(mock: Served):
    reply = await mock.call("GET", "/ui/client/api.js", headers={"Origin": "https://shop.example"})

    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert reply.headers["Content-Type"] == "text/javascript; charset=utf-8"


async def test_a_file_is_packed_for_who_takes_it_and_not_sent_again_to_who_has_it(mock: Served):
    path, file = "/ui/client/turn.js", (WEB / "client/turn.js").read_bytes()
    packed = await mock.call("GET", path, headers={"Accept-Encoding": "br, gzip"})
    plain = await mock.call("GET", path, headers={"Accept-Encoding": "identity"})
    again = await mock.call("GET", path, headers={"If-None-Match": plain.headers["ETag"]})

    assert (packed.headers["Content-Encoding"], gzip.decompress(packed.body)) == ("gzip", file)
    assert plain.body == file
    assert (again.status, again.body) == (304, b"")
    assert (await mock.call("HEAD", path, headers={})).body == b""


@pytest.mark.parametrize(
    "path",
    [
        "/ui/",
        "/ui/client",
        "/ui/../pages/mount.py",
        "/ui/%2e%2e/pages/mount.py",
        "/ui//etc/passwd",
        "/ui/client/../client/api.js",
        "/ui/client/api.js/",
        "/ui/CLIENT/api.js",
        "/widget/other.js",
        "/ui/client/api.js%00",
    ],
)
async def test_no_other_name_is_a_file(mock: Served, path: str):
    raw = await mock.raw(mock.head("GET", path))

    assert raw.startswith(b"HTTP/1.1 404 "), raw[:200]


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_an_unknown_address_is_a_page_for_a_browser(mock: Served):
    for path in ("/nowhere", "/docs/nowhere", "/ui/nowhere.html", "/tasks", "/apis"):
        reply = await mock.call("GET", path, headers=BROWSER)

        assert (reply.status, reply.headers["Content-Type"]) == (404, "text/html; charset=utf-8"), path
        assert reply.headers["Content-Security-Policy"] == POLICY
        assert all(
            f'href="{link}"'.encode() in reply.body for link in ("/", "/console", "/__mock/ui", "/docs")
        )


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/nowhere", "*/*"),
        ("/nowhere", ""),
        ("/nowhere", "application/json"),
        ("/nowhere", "application/json, text/html"),
        ("/nowhere", "text/html;q=0.5, */*"),
        ("/nowhere", "text/html;q=often"),
        ("/nowhere", "text/*"),
        ("/api", BROWSER["Accept"]),
        ("/api/v1/nowhere", BROWSER["Accept"]),
        ("/__mock/v1/nowhere", BROWSER["Accept"]),
        ("/console/api/nowhere", BROWSER["Accept"]),
    ],
)
async def test_a_program_and_the_addresses_of_an_api_get_json(mock: Served, path: str, accept: str):
    reply = await mock.call("GET", path, headers={"Accept": accept})

    assert reply.status in {401, 404}
    assert reply.headers["Content-Type"].startswith("application/json")


async def test_a_browser_gets_an_icon_wherever_it_asks_for_one(mock: Served):
    reply = await mock.call("GET", "/favicon.ico", headers={})
    pages = [path.read_text() for path in WEB.glob("*.html")]

    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/svg+xml")
    assert all('<link rel="icon" href="/ui/ui/mark.svg"' in each for each in pages)


async def test_a_page_is_only_read(mock: Served):
    reply = await mock.call("POST", "/", json={})

    assert (reply.status, reply.code, reply.headers["Allow"]) == (405, "METHOD_NOT_ALLOWED", "GET, HEAD")


def test_nothing_is_read_before_it_is_asked_for(tmp_path: Path):
    files = Files(tmp_path)
    (tmp_path / "late.js").write_text("export {};")
    (tmp_path / "notes.py").write_text("secret")

    assert files.read("late.js").plain == b"export {};"  # type: ignore[union-attr]  # it is there
    assert files.read("notes.py") is None


def test_a_start_loads_no_page_and_no_ledger():
    code = (
        "import sys, sigmic_mock.bootstrap.app;"
        "ours = ('sigmic_mock.pages.', 'sigmic_spec.ledger');"
        "print(*(name for name in sys.modules if name.startswith(ours)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert loaded.split() == ["sigmic_mock.pages.addresses"]


async def test_without_pages_the_api_alone_is_served(tmp_path: Path):
    async with serving(tmp_path, no_ui=True) as mock:
        for path in ("/", "/ui/client/api.js", "/__mock/ui", "/__mock/ui/faults"):
            assert (await mock.call("GET", path)).code == "NOT_FOUND"
        assert (await mock.call("GET", "/nowhere", headers=BROWSER)).code == "NOT_FOUND"
        assert (await mock.call("POST", SIGN_IN, json={})).status == 404
        assert (await mock.call("GET", "/api/v1/tasks")).status == 200


async def test_the_servers_own_page_is_signed_in(mock: Served):
    sent = {"Origin": mock.url, "Sec-Fetch-Site": "same-origin"}
    reply = await mock.call("POST", SIGN_IN, headers=sent, json={})

    assert reply.data == {"apiKey": defaults.API_KEY, "username": "local"}
    assert reply.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in reply.headers
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 405),
        ("POST", {"Origin": ""}, 403),
        ("POST", {"Origin": "https://evil.example"}, 403),
        ("POST", {"Origin": "http://localhost:3000"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", {"Sec-Fetch-Site": "same-site"}, 403),
        ("POST", {"Content-Type": "text/plain"}, 415),
        ("POST", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_no_other_browser_is_signed_in(mock: Served, method: str, headers: dict[str, str], status: int):
    sent = {"Origin": mock.url, "Content-Type": "application/json", **headers}
    reply = await mock.call(
        method, SIGN_IN, headers={name: value for name, value in sent.items() if value}, data=b"{}"
    )

    assert reply.status == status
    assert defaults.API_KEY not in reply.body.decode()


async def test_every_site_that_a_browser_names_counts(mock: Served):
    lines = [f"Origin: {mock.url}", "Content-Type: application/json", "Content-Length: 2"]
    sites = ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"]

    for several in (sites, sites[::-1]):
        head = mock.head("POST", SIGN_IN, *lines, *several).replace(b"localhost", mock.url[7:].encode(), 1)
        answer = await mock.raw(head + b"{}")

        assert reply_of(answer).status == 403
        assert defaults.API_KEY not in answer.decode()


async def test_a_server_without_the_local_accounts_gives_no_key_away(tmp_path: Path):
    async with serving(tmp_path, config=Config(default_accounts=False)) as mock:
        reply = await mock.call("POST", SIGN_IN, headers={"Origin": mock.url}, json={})

    assert (reply.status, reply.code) == (403, "FORBIDDEN")
    assert "sigmic_" not in reply.body.decode()
