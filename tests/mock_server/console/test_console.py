"""The console's API: the rights of each role per operation; foreign pages; keys, members, tagged settings."""

import io
from collections.abc import Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sigmic_mock.bootstrap.late_mount import LateMount
from sigmic_mock.config import defaults
from sigmic_mock.config.file import Config
from sigmic_mock.console.router import console_table
from sigmic_mock.control.openapi import document_of
from sigmic_mock.domain.model import Role
from sigmic_mock.domain.people import User
from sigmic_mock.domain.secret import Secret
from sigmic_mock.runtime.clock.mode import MANUAL
from tests.fakes.served import SEEDS, TASKS, Reply, Served, serving

ROOT = "/console/api"
CONTRACT = document_of(console_table())
PROJECT = f"/projects/{defaults.PROJECT_ID}"
NAMES = {Role.OWNER: "ada", Role.ADMIN: "grace", Role.MEMBER: "linus", Role.VIEWER: "vera"}
O, A, M, V = NAMES  # noqa: E741 - one letter a column of the table below


def own(mock: Served) -> dict[str, str]:
    """Headers that a page of this server sends with a call that changes something."""
    return {"Origin": mock.url, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}


async def call(
    mock: Served, method: str, path: str, cookie: str = "", body: Any = None, **headers: str
) -> Reply:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {**own(mock), "Cookie": cookie, **more}
    return await mock.call(method, ROOT + path, headers=sent, json={} if body is None else body)


async def signed_in(mock: Served, role: Role = Role.OWNER) -> str:
    """Return the cookie of a user with this role."""
    reply = await call(mock, "POST", "/session", body={"name": NAMES[role]})
    assert reply.status == 200, reply.body
    cookie = SimpleCookie(reply.headers["Set-Cookie"])
    ((name, morsel),) = cookie.items()
    return f"{name}={morsel.value}"


def documented() -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, operations in CONTRACT["paths"].items()
        for method, operation in operations.items()
        if method != "parameters"
    }


def is_as_documented(method: str, path: str, reply: Reply) -> None:
    responses = documented()[method, path]["responses"]
    told = responses.get(str(reply.status), responses.get("default"))
    if "$ref" in told:
        told = CONTRACT["components"]["responses"][told["$ref"].rpartition("/")[2]]
    schema = {**told["content"]["application/json"]["schema"], "components": CONTRACT["components"]}
    jsonschema_rs.validator_for(schema).validate(reply.json)


async def test_the_console_is_loaded_when_it_is_first_asked_for(mock: Served) -> None:
    (late,) = (each for each in mock.application.server.app.mounts.all if each.name == "console")
    assert isinstance(late, LateMount)
    console = await late.mount()

    assert all(console.speaks_for(path) is late.speaks_for(path) for path in (ROOT, f"{ROOT}/x", f"{ROOT}x"))


ROLES_OF: list[tuple[str, str, Any, set[Role]]] = [
    ("GET", "/me", None, {O, A, M, V}),
    ("GET", "/projects", None, {O, A, M, V}),
    ("POST", "/projects", {"name": "New"}, {O, A}),
    ("GET", "/projects/{project}", None, {O, A, M, V}),
    ("PATCH", "/projects/{project}", {"name": "Other"}, {O, A}),
    ("DELETE", "/projects/{project}", None, {O}),
    ("GET", "/projects/{project}/widget-apps", None, {O, A, M, V}),
    ("POST", "/projects/{project}/widget-apps", {"name": "Shop"}, {O, A}),
    ("PATCH", "/projects/{project}/widget-apps/{app}", {"allowedOrigins": []}, {O, A}),
    ("DELETE", "/projects/{project}/widget-apps/{app}", None, {O, A}),
    ("POST", "/projects/{project}/widget-apps/{app}/secret", {}, {O, A}),
    ("GET", "/projects/{project}/tasks", None, {O, A, M, V}),
    ("GET", "/projects/{project}/tasks/{task}/timeline", None, {O, A, M, V}),
    ("POST", "/projects/{project}/chat-token", {}, {O, A, M}),
    ("GET", "/projects/{project}/settings", None, {O, A, M, V}),
    ("PUT", "/projects/{project}/settings", {"prompts": ["Be brief."]}, {O, A}),
    ("POST", "/projects/{project}/mcp-servers/{name}/test", {}, {O, A}),
    ("GET", "/projects/{project}/api-keys", None, {O, A, M}),
    ("POST", "/projects/{project}/api-keys", {"name": "k"}, {O, A, M}),
    ("DELETE", "/projects/{project}/api-keys/{key}", None, {O, A, M}),
    ("GET", "/projects/{project}/members", None, {O, A, M, V}),
    ("PUT", "/projects/{project}/members/{user}", {"role": "viewer"}, {O, A}),
    ("DELETE", "/projects/{project}/members/{user}", None, {O, A}),
    ("DELETE", "/session", None, {O, A, M, V}),
]
"""Permitted roles by operation. Other roles are refused with FORBIDDEN, and nothing changes."""


def test_the_table_of_roles_is_complete() -> None:
    told = {(method, path) for method, path, _, _ in ROLES_OF}

    assert told == {at for at, operation in documented().items() if operation.get("security") != []}


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    ROLES_OF,
    ids=[f"{method} {path}" for method, path, _, _ in ROLES_OF],
)
async def test_every_role_at_every_operation(
    mock: Served, method: str, path: str, body: Any, allowed: set[Role]
) -> None:
    for role in Role:
        made = await mock.did("create_project")
        project = made["project"]
        servers = {"crm": {"url": "http://{{mcp.HOST}}.invalid"}}
        await mock.did("change_settings", project, mcp_servers=servers)
        task = await mock.by(made["api_key"]).create()
        cookie = await signed_in(mock, role)
        key = await call(
            mock, "POST", f"/projects/{project}/api-keys", await signed_in(mock, M), {"name": "k"}
        )
        tag = (await call(mock, "GET", f"/projects/{project}/settings", cookie)).headers["ETag"]
        here = path.format(
            project=project,
            name="crm",
            key=key.data["id"],
            user="vera",
            app=made["app_id"],
            task=task,
        )
        before = await state(mock, project)

        nobody = await call(mock, method, here, "", body, If_Match=tag)
        reply = await call(mock, method, here, cookie, body, If_Match=tag)

        assert (nobody.status, nobody.code) == (401, "AUTH_REQUIRED")
        is_as_documented(method, path, reply)
        if role in allowed:
            assert reply.status in {200, 201}, (role, reply.body)
        else:
            assert (reply.status, reply.code) == (403, "FORBIDDEN"), role
            assert await state(mock, project) == before


async def state(mock: Served, project: str = defaults.PROJECT_ID) -> Any:
    """Return everything that the console can change, as an owner reads it."""
    cookie = await signed_in(mock)
    parts = ("", "/settings", "/api-keys", "/members", "/widget-apps")
    seen = [(await call(mock, "GET", f"/projects/{project}{part}", cookie)).data for part in parts]
    return [*seen, (await call(mock, "GET", "/projects", cookie)).data]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
    ids=str,
)
async def test_a_request_from_a_foreign_page_changes_nothing(mock: Served, headers: dict[str, str]) -> None:
    cookie = await signed_in(mock)
    before = await state(mock)
    tag = (await call(mock, "GET", f"{PROJECT}/settings", cookie)).headers["ETag"]
    sent = {**own(mock), "Cookie": cookie, "If-Match": tag, **headers}

    refused = [
        await mock.call(method, ROOT + path, headers=sent, data=body)
        for method, path, body in (
            ("PUT", f"{PROJECT}/settings", b'{"auto_execute": false}'),
            ("POST", f"{PROJECT}/api-keys", b'{"name": "stolen"}'),
            ("POST", "/session", b'{"name": "ada"}'),
        )
    ]

    assert {reply.status for reply in refused} <= {403, 415}
    assert not any("Access-Control-Allow-Origin" in reply.headers for reply in refused)
    assert not any("Set-Cookie" in reply.headers for reply in refused)
    assert await state(mock) == before


@pytest.mark.parametrize(
    ("path", "method", "body", "code", "limit"),
    [
        ("/session", "POST", b'{"' + b"a" * 20_000 + b'":0}', "PAYLOAD_TOO_LARGE", "16 KiB"),
        ("/session", "POST", b'{"name":"' + b"a" * 20_000 + b'"}', "PAYLOAD_TOO_LARGE", "16 KiB"),
        ("/session", "POST", b"[" + b"[]," * 4_000 + b"0]", "VALIDATION_ERROR", "2000"),
        ("/session", "POST", b'{"name":' + b"9" * 401 + b"}", "VALIDATION_ERROR", "400"),
        ("/session", "POST", b'{"name":' + b"[" * 1_900 + b"}", "VALIDATION_ERROR", "nested too deeply"),
        (f"{PROJECT}/api-keys", "POST", b'{"role":"' + b"a" * 20_000 + b'"}', "PAYLOAD_TOO_LARGE", "16 KiB"),
        (
            f"{PROJECT}/widget-apps",
            "POST",
            b'{"name":"' + b"a" * 33_000 + b'"}',
            "PAYLOAD_TOO_LARGE",
            "32 KiB",
        ),
        (f"{PROJECT}/settings", "PUT", b" " * (1024 * 1024 + 1), "PAYLOAD_TOO_LARGE", "1 MiB"),
        (f"{PROJECT}/settings", "PUT", b"[" + b"1," * 50_000 + b"1]", "VALIDATION_ERROR", "50000"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_a_body_that_would_be_slow_to_read_is_refused_with_its_limit(
    mock: Served, path: str, method: str, body: bytes, code: str, limit: str
) -> None:
    sent = {**own(mock), "Cookie": await signed_in(mock), "If-Match": "*"}

    reply = await mock.call(method, ROOT + path, headers=sent, data=io.BytesIO(body))

    assert (reply.code, limit in reply.message) == (code, True), reply.message


async def test_a_wrong_method_and_an_unknown_address_are_refused(mock: Served) -> None:
    wrong = await call(mock, "PUT", "/me", await signed_in(mock), Content_Type="text/plain")
    nothing = await call(mock, "GET", "/nothing", await signed_in(mock))

    assert (wrong.status, wrong.headers["Allow"], nothing.code) == (405, "GET", "NOT_FOUND")


async def test_a_deletion_needs_no_body_to_be_declared(mock: Served) -> None:
    sent = {"Origin": mock.url, "Cookie": await signed_in(mock)}

    assert (await mock.call("DELETE", f"{ROOT}/session", headers=sent)).status == 200


async def test_a_key_is_shown_once_opens_the_project_and_ends_when_it_is_revoked(mock: Served) -> None:
    cookie = await signed_in(mock, Role.MEMBER)

    made = (
        await call(
            mock,
            "POST",
            f"{PROJECT}/api-keys",
            cookie,
            {"name": "CI \U0001f469\u200d\U0001f527", "expiresIn": "1h"},
        )
    ).data
    listed = await call(mock, "GET", f"{PROJECT}/api-keys", cookie)
    key = mock.by(made["key"])

    assert made["key"] not in listed.body.decode()
    assert made["id"] in {each["id"] for each in listed.data}
    assert (await key.call("GET", TASKS)).status == 200
    assert (await call(mock, "DELETE", f"{PROJECT}/api-keys/{made['id']}", cookie)).status == 200
    assert (await key.call("GET", TASKS)).code == "INVALID_API_KEY"


async def test_a_forbidden_or_invalid_change_of_keys_and_members_changes_nothing(mock: Served) -> None:
    admin, member = await signed_in(mock, Role.ADMIN), await signed_in(mock, Role.MEMBER)
    mine = (await call(mock, "POST", f"{PROJECT}/api-keys", admin, {"name": "k"})).data["id"]
    declared = next(
        key["id"] for key in (await call(mock, "GET", f"{PROJECT}/api-keys", admin)).data if key["declared"]
    )
    before = await state(mock)

    for cookie, method, path, body, code in (
        (admin, "POST", "/api-keys", {"name": "k", "role": "owner"}, "FORBIDDEN"),
        (member, "POST", "/api-keys", {"name": "k", "role": "admin"}, "FORBIDDEN"),
        (member, "DELETE", f"/api-keys/{mine}", None, "FORBIDDEN"),
        (admin, "DELETE", f"/api-keys/{declared}", None, "CONFLICT"),
        (admin, "DELETE", "/api-keys/none", None, "NOT_FOUND"),
        (admin, "POST", "/api-keys", {"name": " "}, "VALIDATION_ERROR"),
        (admin, "POST", "/api-keys", {"name": "two\nlines"}, "VALIDATION_ERROR"),
        (admin, "POST", "/api-keys", {"name": "k" * 201}, "VALIDATION_ERROR"),
        (admin, "POST", "/api-keys", {"name": "k", "expiresIn": "soon"}, "INVALID_EXPIRES_IN"),
        (admin, "PUT", "/members/vera", {"role": "owner"}, "FORBIDDEN"),
        (admin, "PUT", "/members/ada", {"role": "viewer"}, "FORBIDDEN"),
        (admin, "DELETE", "/members/ada", None, "FORBIDDEN"),
        (admin, "PUT", "/members/nobody", {"role": "viewer"}, "NOT_FOUND"),
        (admin, "PUT", "/members/vera", {"role": "king"}, "VALIDATION_ERROR"),
        (admin, "PUT", "/members/vera", {"rolle": "viewer"}, "VALIDATION_ERROR"),
    ):
        assert (await call(mock, method, PROJECT + path, cookie, body)).code == code, (method, path, body)
    assert await state(mock) == before


async def test_a_role_that_was_given_counts_in_that_project_and_over_restarts(tmp_path: Path) -> None:
    elsewhere = "/projects/elsewhere/settings"
    async with serving(tmp_path) as mock:
        owner = await signed_in(mock)
        assert (await call(mock, "PUT", f"{PROJECT}/members/linus", owner, {"role": "viewer"})).status == 200
    async with serving(tmp_path) as mock:
        linus = await signed_in(mock, Role.MEMBER)
        assert (await call(mock, "GET", f"{PROJECT}/api-keys", linus)).code == "FORBIDDEN"
        assert (await call(mock, "GET", elsewhere, linus)).status == 200
        assert (await call(mock, "GET", elsewhere.replace("settings", "api-keys"), linus)).status == 200
        assert (await call(mock, "GET", "/projects/none/settings", linus)).code == "NOT_FOUND"
        owner = await signed_in(mock)
        assert (await call(mock, "DELETE", f"{PROJECT}/members/linus", owner)).data["role"] == "member"
        assert (await call(mock, "GET", f"{PROJECT}/api-keys", linus)).status == 200


async def test_a_key_does_no_more_than_its_maker_may_by_now(tmp_path: Path) -> None:
    async def create(mock: Served, key: str) -> int:
        return (await mock.by(key).call("POST", TASKS, json={"message": "Hi"})).status

    async with serving(tmp_path) as mock:
        owner, linus = await signed_in(mock), await signed_in(mock, Role.MEMBER)
        made = (await call(mock, "POST", f"{PROJECT}/api-keys", linus, {"name": "k"})).data["key"]
        assert await create(mock, made) == 201
        await call(mock, "PUT", f"{PROJECT}/members/linus", owner, {"role": "viewer"})
        assert await create(mock, made) == 403
    async with serving(tmp_path) as mock:
        assert (await mock.by(made).call("GET", TASKS)).status == 200
        assert await create(mock, made) == 403
        await call(mock, "DELETE", f"{PROJECT}/members/linus", await signed_in(mock))
        assert await create(mock, made) == 201
    users = (User(name="eve", role=Role.OWNER, password=None),)
    async with serving(tmp_path, config=Config(seeds=SEEDS, users=users, default_accounts=False)) as mock:
        assert await create(mock, made) == 401


async def test_a_project_keeps_an_owner_and_an_admin_brings_none_back(mock: Served) -> None:
    owner, admin = await signed_in(mock), await signed_in(mock, Role.ADMIN)
    members = f"{PROJECT}/members"

    async def changed(method: str, name: str, cookie: str, role: str | None = None) -> str:
        reply = await call(mock, method, f"{members}/{name}", cookie, role and {"role": role})
        return "" if reply.status == 200 else f"{reply.code}: {reply.message}"

    assert "CONFLICT: ada is the last owner" in await changed("PUT", "ada", owner, "viewer")
    assert await changed("PUT", "grace", owner, "owner") == ""
    assert await changed("PUT", "ada", owner, "viewer") == ""
    assert "CONFLICT: grace is the last owner" in await changed("DELETE", "grace", admin)
    assert await changed("DELETE", "ada", admin) == ""
    assert await changed("DELETE", "grace", admin) == ""
    assert await changed("PUT", "grace", owner, "owner") == ""
    assert await changed("PUT", "ada", owner, "viewer") == ""
    assert await changed("PUT", "linus", admin, "owner") == ""
    assert await changed("PUT", "grace", admin, "admin") == ""
    assert "FORBIDDEN: This would restore the role owner" in await changed("DELETE", "ada", admin)


async def test_an_admin_sends_no_hidden_value_elsewhere(mock: Served) -> None:
    owner, admin = await signed_in(mock), await signed_in(mock, Role.ADMIN)
    path, given = f"{PROJECT}/settings", {"url": "http://127.0.0.1:1/mcp", "headers": {"X": "planted"}}
    await call(mock, "PUT", path, owner, {"mcp_servers": {"crm": given}}, If_Match="*")
    shown = (await call(mock, "GET", path, admin)).data
    shown["mcp_servers"]["crm"]["url"] = "http://127.0.0.1:1/elsewhere"

    refused = await call(mock, "PUT", path, admin, shown, If_Match="*")
    tried = await call(mock, "POST", f"{PROJECT}/mcp-servers/crm/test", admin)

    assert refused.code == "VALIDATION_ERROR"
    assert "mcp_servers.crm.headers.X: give its value again" in refused.message
    assert (await call(mock, "GET", path, admin)).data["mcp_servers"]["crm"]["url"] == given["url"]
    assert "planted" not in str(tried.data)


async def test_a_project_lives_by_its_maker_over_restarts_until_it_is_deleted(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        admin = await signed_in(mock, Role.ADMIN)
        made = (await call(mock, "POST", "/projects", admin, {"name": "Mine"})).data
        assert made["role"] == "owner"
        assert (await call(mock, "PATCH", f"/projects/{made['id']}", admin, {"name": "Ours"})).status == 200
        assert (await call(mock, "PATCH", PROJECT, admin, {"name": "Ours"})).code == "CONFLICT"
        assert (await call(mock, "DELETE", PROJECT, await signed_in(mock))).code == "CONFLICT"
    async with serving(tmp_path) as mock:
        admin = await signed_in(mock, Role.ADMIN)
        kept = (await call(mock, "GET", f"/projects/{made['id']}", admin)).data
        assert (kept["name"], kept["role"]) == ("Ours", "owner")
        assert (await call(mock, "DELETE", f"/projects/{made['id']}", admin)).status == 200
        assert (await call(mock, "GET", f"/projects/{made['id']}", admin)).code == "NOT_FOUND"


async def test_a_widget_app_lets_its_origins_chat_until_its_secret_is_rotated(tmp_path: Path) -> None:
    async def exchange(mock: Served, app: Mapping[str, Any]) -> Reply:
        body = {"appId": app["appId"], "appSecret": app["appSecret"], "endUserId": "u"}
        return await mock.call("POST", "/api/v1/auth/token", headers={}, json=body)

    async with serving(tmp_path) as mock:
        cookie = await signed_in(mock, Role.ADMIN)
        apps = f"{PROJECT}/widget-apps"
        body = {"name": "Shop", "allowedOrigins": ["https://a.example"]}
        first = (await call(mock, "POST", apps, cookie, body)).data
        token = (await exchange(mock, first)).data["token"]
        listed = await call(mock, "GET", apps, cookie)
        changed = await call(
            mock, "PATCH", f"{apps}/{first['appId']}", cookie, {"allowedOrigins": ["https://b.example"]}
        )
        from_a, from_b = [
            await mock.call(
                "GET", "/api/v1/tasks", headers={"Authorization": f"Bearer {token}", "Origin": origin}
            )
            for origin in ("https://a.example", "https://b.example")
        ]
        second = (await call(mock, "POST", f"{apps}/{first['appId']}/secret", cookie)).data
        wrong = await call(mock, "POST", apps, cookie, {"name": "x", "allowedOrigins": ["https://a/b"]})

        assert first["appSecret"] not in listed.body.decode()
        assert changed.data["allowedOrigins"] == ["https://b.example"]
        assert (from_a.code, from_b.status) == ("ORIGIN_NOT_ALLOWED", 200)
        assert (await exchange(mock, first)).code == "INVALID_CREDENTIALS"
        assert (wrong.status, "without path or wildcard" in wrong.message) == (400, True)
        for method in ("PATCH", "DELETE"):
            assert (await call(mock, method, f"{apps}/{defaults.APP_ID}", cookie)).code == "CONFLICT"
            assert (await call(mock, method, f"{apps}/none", cookie)).code == "NOT_FOUND"
    async with serving(tmp_path) as mock:
        assert (await exchange(mock, second)).status == 200
        cookie = await signed_in(mock, Role.ADMIN)
        assert (await call(mock, "DELETE", f"{apps}/{first['appId']}", cookie)).status == 200
        assert (await exchange(mock, second)).code == "INVALID_CREDENTIALS"


async def test_a_chat_token_belongs_to_the_signed_in_member(mock: Served) -> None:
    cookie = await signed_in(mock, Role.MEMBER)
    token = (await call(mock, "POST", f"{PROJECT}/chat-token", cookie)).data["token"]

    task = await mock.by(token).create()
    seen = (await call(mock, "GET", f"{PROJECT}/tasks", cookie)).data
    timeline = await call(mock, "GET", f"{PROJECT}/tasks/{task}/timeline", cookie)
    foreign = await call(mock, "GET", f"/projects/elsewhere/tasks/{task}/timeline", cookie)

    assert [(each["id"], each["endUserId"]) for each in seen["tasks"]] == [(task, "linus")]
    assert timeline.data["timeline"]
    assert foreign.code == "NOT_FOUND"


async def test_a_chat_token_does_no_more_than_its_user_may_by_now(tmp_path: Path) -> None:
    async def create(mock: Served, token: str) -> int:
        return (await mock.by(token).call("POST", TASKS, json={"message": "Hi"})).status

    async with serving(tmp_path) as mock:
        linus = await signed_in(mock, Role.MEMBER)
        token = (await call(mock, "POST", f"{PROJECT}/chat-token", linus)).data["token"]
        assert await create(mock, token) == 201
        await call(mock, "PUT", f"{PROJECT}/members/linus", await signed_in(mock), {"role": "viewer"})
        assert await create(mock, token) == 403
        assert (await mock.by(token).call("GET", TASKS)).status == 200
    users = (User(name="eve", role=Role.OWNER, password=None),)
    async with serving(tmp_path, config=Config(seeds=SEEDS, users=users, default_accounts=False)) as mock:
        assert await create(mock, token) == 401


async def test_settings_are_replaced_only_by_who_has_read_the_last_ones(mock: Served) -> None:
    cookie = await signed_in(mock)
    path = f"{PROJECT}/settings"
    read = await call(mock, "GET", path, cookie)
    first = await call(mock, "PUT", path, cookie, {"prompts": ["One."]}, If_Match=read.headers["ETag"])
    stale = await call(mock, "PUT", path, cookie, {"prompts": ["Two."]}, If_Match=read.headers["ETag"])
    blind = await call(mock, "PUT", path, cookie, {"prompts": ["Two."]})
    any_of = await call(
        mock, "PUT", path, cookie, {"prompts": ["One."]}, If_Match=f'"old", {first.headers["ETag"]}'
    )
    whatever = await call(mock, "PUT", path, cookie, {"prompts": ["One."]}, If_Match="*")
    wrong = await call(mock, "PUT", path, cookie, {"prompts": [""]}, If_Match=first.headers["ETag"])

    assert [first.status, stale.status, blind.status, wrong.status] == [200, 412, 428, 400]
    assert [any_of.status, whatever.status] == [200, 200]
    assert (await call(mock, "GET", path, cookie)).data["prompts"] == ["One."]
    assert "prompts.0" in wrong.message


async def test_a_session_ends_by_signing_out_and_with_its_time(mock: Served) -> None:
    reply = await call(mock, "POST", "/session", body={"name": "ada"})
    cookie = reply.headers["Set-Cookie"]
    first, second = await signed_in(mock), await signed_in(mock)

    assert cookie.startswith(f"sigmic_console_{mock.port}=")
    assert "; HttpOnly; SameSite=Strict; Path=/console; Max-Age=43200" in cookie
    assert (await call(mock, "DELETE", "/session", first)).status == 200
    assert (await call(mock, "GET", "/me", first)).code == "AUTH_REQUIRED"
    assert (await call(mock, "GET", "/me", second)).status == 200
    assert (await call(mock, "GET", "/me", f"sigmic_console_{mock.port}=guessed")).code == "AUTH_REQUIRED"
    clock = mock.application.base.clocks.of("")
    clock.set_mode(MANUAL)
    await clock.advance(12 * 3600)
    assert (await call(mock, "GET", "/me", second)).code == "AUTH_REQUIRED"


async def test_the_session_call_shows_the_user_and_their_rights_or_no_user(mock: Served) -> None:
    cookie = await signed_in(mock, Role.MEMBER)
    stranger, known = await call(mock, "GET", "/session"), await call(mock, "GET", "/session", cookie)
    (project, *_) = [each for each in known.data["me"]["projects"] if each["id"] == defaults.PROJECT_ID]
    await call(mock, "POST", f"{PROJECT}/api-keys", await signed_in(mock), {"name": "of the owner"})
    await call(mock, "POST", f"{PROJECT}/api-keys", cookie, {"name": "my own"})
    keys = (await call(mock, "GET", f"{PROJECT}/api-keys", cookie)).data

    assert stranger.data["me"] is None
    assert stranger.data["byPassword"] is False
    assert {each["name"]: each["role"] for each in stranger.data["oneClick"]} == {
        name: role.value for role, name in NAMES.items()
    }
    assert known.data["me"] == (await call(mock, "GET", "/me", cookie)).data
    assert (project["roles"], project["rights"]) == (["viewer", "member"], ["see", "use", "keys"])
    assert [key["name"] for key in keys if key["revocable"]] == ["my own"]
    assert {"of the owner", "Local development"} <= {key["name"] for key in keys}
    for reply in (stranger, known):
        is_as_documented("GET", "/session", reply)


async def test_users_with_passwords_are_guessed_five_times_a_minute(tmp_path: Path) -> None:
    users = (User(name="eve", role=Role.ADMIN, password=Secret("correct horse")),)
    config = Config(seeds=SEEDS, users=users, default_accounts=False)
    async with serving(tmp_path, config=config) as mock:

        async def attempt(name: str, password: str | None) -> str:
            reply = await call(mock, "POST", "/session", body={"name": name, "password": password})
            return "" if reply.status == 200 else reply.code

        ways = (await call(mock, "GET", "/session")).data
        assert ways == {"me": None, "oneClick": [], "byPassword": True}
        assert await attempt("ada", None) == "INVALID_CREDENTIALS"
        assert await attempt("eve", "correct horse") == ""
        assert [await attempt("eve", "wrong") for _ in range(5)] == ["INVALID_CREDENTIALS"] * 5
        assert await attempt("eve", "correct horse") == "RATE_LIMITED"
        assert await attempt("e" * 201, "wrong") == "VALIDATION_ERROR"
    async with serving(tmp_path, config=Config(seeds=SEEDS, default_accounts=False)) as mock:
        assert await attempt("ada", None) == "FORBIDDEN"
