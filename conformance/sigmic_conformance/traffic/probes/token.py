"""The token exchange, what a token allows, and the origins that may use it."""

import asyncio
import base64
import json
import re
import time
from typing import Any
from urllib.parse import urlsplit

from sigmic_conformance.traffic.callers import NOBODY, Caller, api_key, bearer
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.probe import Concurrency, Requires, probe
from sigmic_conformance.traffic.prompts import EASY, nonce
from sigmic_conformance.traffic.raw_connection import RawConnection
from sigmic_conformance.traffic.steps import (
    create,
    created,
    download,
    files,
    follow,
    get,
    say,
    task_id,
)
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.bodies import FilePart, Form, Plain, as_json
from sigmic_conformance.wire.transcript import Exchange

_COMPACT = re.compile(r"[\w.-]+", re.ASCII)
FOREIGN = "https://foreign.example"
WIDGET = (Requires.WRITES, Requires.WIDGET)
PAGES_OF_TWO: dict[str, dict[str, str]] = {
    "first": {"limit": "1"},
    "second": {"limit": "1", "offset": "1"},
    "whole": {"limit": "2"},
}
LIFETIMES: dict[str, object] = {
    "90s": "90s",
    "30d": "30d",
    "31d": "31d",
    "zero": "0h",
    "leading zero": "01h",
    "fraction": "1.5h",
    "bare number": 3600,
    "capital": "1H",
    "week": "1w",
    "blank": "1 h",
}


def application(driver: Driver) -> dict[str, object]:
    """The credentials of the widget app, in the form for the exchange."""
    return {"appId": driver.credentials.app_id, "appSecret": driver.credentials.app_secret}


async def exchange(
    driver: Driver, body: dict[str, object] | Plain, *, label: str
) -> tuple[Exchange, str | None]:
    """Request a token; the redactor learns it from the raw answer before anything is recorded."""
    tokens: list[str] = []

    def watch(raw: bytes) -> None:
        found = json_values.fields(_parsed(raw))
        token = json_values.fields(found.get("data")).get("token") or found.get("token")
        # No header carries another.
        if isinstance(token, str) and token and token.isascii() and token.isprintable():
            tokens.append(token)

    payload = body if isinstance(body, Plain) else as_json(body)
    made = await driver.call("create_token", label=label, caller=NOBODY, body=payload, watch=watch)
    return made, tokens[0] if tokens else None


async def user(driver: Driver, name: str, *, label: str, **fields: object) -> Caller:
    """A caller with a token of an end user; Interrupted if none was issued."""
    made, token = await exchange(driver, application(driver) | {"endUserId": name} | fields, label=label)
    if token is None:
        raise Interrupted(f"{label}: the exchange answered {made.status} and no token")
    return of_page(driver, f"end user {name}", token)


def of_page(driver: Driver, role: str, token: str) -> Caller:
    """A caller with a token on a page of the allowed origin, which a platform may require."""
    origin = driver.profile.allowed_origin
    caller = bearer(role, token)
    return caller if origin is None else Caller(role, (*caller.headers, ("Origin", origin)))


def segments(token: str) -> list[object]:
    """Header and claims of a token as JSON values (None if invalid), and the number of its segments.

    The number is 0 if there are other letters than those of base64url, such as padding (RFC 7515 section 2).
    """
    parts = token.split(".")
    return [*(_decoded(part) for part in [*parts, ""][:2]), len(parts) if _COMPACT.fullmatch(token) else 0]


def _decoded(segment: str) -> Any:
    try:
        return _parsed(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        return None


def _parsed(raw: bytes) -> Any:
    """Bytes as JSON, or None if they are not JSON."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _nearly(secret: str) -> str:
    """The secret in the other case, as a database may compare it; one without letters with another end."""
    swapped = secret.swapcase()
    return swapped if swapped != secret else f"{secret[:-1]}{'0' if secret[-1:] != '0' else '1'}"


@probe(seconds=2, capabilities=["widget"], requires=WIDGET)
async def token_exchange(driver: Driver) -> None:
    """Exchange credentials for tokens: lifetimes, variables, and what must be refused."""
    name = driver.note("user", f"user-{nonce()}")
    app = application(driver) | {"endUserId": name}
    env, secret = f"plain-{nonce()}", f"canary-{nonce()}-{nonce()}"
    near = _nearly(str(app["appSecret"]))
    for each in (secret, near):
        driver.redactor.learn(each)
    asked_at = driver.note("asked at", {})
    connection = await RawConnection.open(driver)
    await connection.break_off("create_token", as_json(app), label="cut")
    good: dict[str, dict[str, object]] = {
        "default": {},
        "30m": {"expiresIn": "30m"},
        "90m": {"expiresIn": "90m"},
        "1h": {"expiresIn": "1h"},
        "7d": {"expiresIn": "7d"},
        "variables": {"env": {"TENANT": env}, "secrets": {"TOKEN_CANARY": secret}},
    }
    for kind, fields in good.items():
        asked_at[kind] = time.time()
        _, token = await exchange(driver, app | fields, label=f"good: {kind}")
        if token is not None:
            driver.note(f"segments: {kind}", segments(token))
            driver.note(
                f"leaks: {kind}",
                [word for word in (env, secret) if word in json.dumps(segments(token))],
            )
            driver.note(f"starts: {kind}", token[:3])
    # Both may create the new end user.
    anew = app | {"endUserId": f"{name} anew"}
    await asyncio.gather(*(exchange(driver, anew, label=f"good: concurrent {number}") for number in (1, 2)))
    bad: dict[str, dict[str, object]] = {
        "no appId": {"appId": None},
        "no appSecret": {"appSecret": None},
        "empty appId": {"appId": ""},
        "no endUserId": {"endUserId": None},
        "empty endUserId": {"endUserId": ""},
        "wrong secret": {"appSecret": "0" * 64},
        "unknown app": {"appId": "app_unknown_0000"},
        "secret and more": {"appSecret": f"{app['appSecret']}00"},
        "nearly the secret": {"appSecret": near},
        "expiresIn banana": {"expiresIn": "banana"},
        "expiresIn with more": {"expiresIn": "1h banana"},
        "expiresIn within": {"expiresIn": "banana1h"},
        "expiresIn empty": {"expiresIn": ""},
        "expiresIn negative": {"expiresIn": "-1h"},
        "env name": {"env": {"1A": "x"}},
        "env value": {"env": {"A": 1}},
        "secret name": {"secrets": {"A-B": "x"}},
        "secret value": {"secrets": {"A": None}},
    }
    for wrong, fields in bad.items():
        body = {key: value for key, value in (app | fields).items() if value is not None}
        await exchange(driver, body, label=f"bad: {wrong}")
    odd = f"Jäne Dœ 名 <user+tag@shop.example> {nonce()} "
    for lifetime, value in LIFETIMES.items():
        await exchange(driver, app | {"expiresIn": value}, label=f"odd: expiresIn {lifetime}")
    longest = odd + "x" * (255 - len(odd))
    await exchange(driver, app | {"endUserId": longest}, label="odd: endUserId of 255 characters")
    broken: dict[str, bytes] = {"malformed": b"{", "a list": b"[]", "empty": b""}
    for form, raw in broken.items():
        await exchange(driver, Plain(raw), label=f"raw: {form}")


@probe(seconds=6, concurrency=Concurrency.AGENT, capabilities=["widget"], requires=WIDGET)
async def end_users(driver: Driver) -> None:
    """Two end users of one app, three tokens of the first, and what each sees of the first's tasks.

    Users with nearly the same id as the first see as little of its tasks.
    """
    one, two = f"first-{nonce()}", f"two-{nonce()}"
    first = await user(driver, one, label="first")
    again = await user(driver, one, label="first again")
    third = await user(driver, one, label="first, third token")
    second = await user(driver, two, label="second", expiresIn="1h")
    # With two tasks, a page with one task cannot be the whole list of a user with few.
    made = await asyncio.gather(
        *(create(driver, EASY, label=label, caller=first) for label in ("create", "create more"))
    )
    task, more = (task_id(driver, each) for each in made)
    await follow(driver, task, label="run", caller=first)
    await follow(driver, more, label="run more", caller=first)
    for page, query in PAGES_OF_TWO.items():
        await driver.call("list_tasks", label=f"page: {page}", caller=first, query=query)
    path = {"id": task}
    callers = (("own", first), ("own again", again), ("other", second))
    for who, caller in callers:
        for operation in ("get_task", "get_task_history", "list_artifacts", "stream_task"):
            await driver.call(operation, label=f"{who}: {operation}", caller=caller, path=path)
        await driver.call("list_tasks", label=f"{who}: list_tasks", caller=caller, query={"limit": "100"})
    await asyncio.gather(
        *(
            driver.call("get_task_history", label=f"concurrent: {number}", caller=caller, path=path)
            for number, caller in enumerate((first, again, third, second), 1)
        )
    )
    of_a_key = {"id": await created(driver, EASY, label="create with a key")}
    for operation in ("get_task", "get_task_history", "list_artifacts", "stream_task"):
        await driver.call(operation, label=f"of a key: {operation}", caller=second, path=of_a_key)
    await get(driver, task, label="before")
    await say(driver, task, EASY, label="other: send_message", caller=second)
    await driver.call("cancel_task", label="other: cancel_task", caller=second, path=path)
    await get(driver, task, label="after", caller=first)
    await files(driver, task, label="files of own", caller=first)
    await say(driver, more, EASY, label="own again: send_message", caller=again)
    await follow(driver, more, label="own again: run", caller=first)
    others = [(what, name, task) for what, name in nearly(one).items()]
    # Long ids that differ at their end, which a target may refuse (G-94), and one that is not just a number.
    long, number = f"{one}-".ljust(254, "x"), str(int(one[-8:], 16))
    pairs = {"another end": (f"{long}1", f"{long}2"), "without its zero": (f"0{number}", number)}
    for what, (name, other) in pairs.items():
        _, token = await exchange(driver, application(driver) | {"endUserId": name}, label=f"{what}: owner")
        if token is not None:
            owner = of_page(driver, f"end user {name}", token)
            its = await create(driver, EASY, label=f"{what}: create", caller=owner)
            others += [(what, other, task_id(driver, its))] if its.ok else []
    for what, name, its_task in others:
        _, token = await exchange(driver, application(driver) | {"endUserId": name}, label=f"token: {what}")
        if token is not None:
            caller = of_page(driver, f"end user {name}", token)
            await get(driver, its_task, label=f"{what}: get_task", caller=caller)
            await driver.call("list_tasks", label=f"{what}: list_tasks", caller=caller)


def nearly(name: str) -> dict[str, str]:
    """Ids that differ slightly from this one, or a pattern of it in SQL; `ﬁ` is one letter."""
    return {
        "other case": name.upper(),
        "with a dot": f"{name}.",
        "without the last letter": name[:-1],
        "a pattern of it": f"{name[:-2]}_%",
        "a letter for two": name.replace("fi", "ﬁ", 1),
    }


async def _after_its_end(driver: Driver, brief: Caller, task: object, *, heir: Caller) -> None:
    """Try an expired token at every operation; its task remains for the user's next token."""
    await driver.call("list_tasks", label="short-lived: expired", caller=brief)
    if not isinstance(task, str):
        return
    path = {"id": task}
    for operation in ("get_task", "get_task_history", "list_artifacts", "stream_task"):
        await driver.call(operation, label=f"expired: {operation}", caller=brief, path=path)
        await driver.call(operation, label=f"next token: {operation}", caller=heir, path=path)
    easy = as_json({"message": EASY})
    await driver.call("create_task", label="expired: create_task", caller=brief, body=easy)
    await driver.call("send_message", label="expired: send_message", caller=brief, path=path, body=easy)
    await driver.call("cancel_task", label="expired: cancel_task", caller=brief, path=path)
    await driver.call("get_task", label="next token: afterwards", caller=heir, path=path)


def begins_alike(origin: str) -> str:
    """A foreign origin that starts with the letters of an allowed one."""
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.hostname}.elsewhere.test" + (f":{parts.port}" if parts.port else "")


@probe(seconds=5, capabilities=["widget"], requires=WIDGET)
async def token_lifetime(driver: Driver) -> None:
    """Use a token before and after its end, altered ones, and from allowed and foreign origins."""
    name = f"user-{nonce()}"
    caller = await user(driver, name, label="token")
    token = caller.headers[0][1].removeprefix("Bearer ")
    await driver.call("list_tasks", label="valid", caller=caller)
    await driver.call("list_tasks", label="as a key", caller=api_key(f"end user {name}", token))
    header, payload, signature = [*token.split("."), "", "", ""][:3]
    told = segments(token)[1]
    claims = told if isinstance(told, dict) else {}
    altered = (
        base64.urlsafe_b64encode(json.dumps(claims | {"sub": "somebody-else"}).encode()).decode().rstrip("=")
    )
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    forged: dict[str, str] = {
        "altered payload": f"{header}.{altered}.{signature}",
        "alg none": f"{unsigned}.{payload}.",
        "foreign signature": f"{header}.{payload}.c2lnbmF0dXJlLW9mLW5vYm9keS1hdC1hbGwtMDEyMzQ1Njc",
        "two segments": f"{header}.{payload}",
        "no JSON": "eyJub3Q.bm90anNvbg.c2lnbmF0dXJl",
    }
    for what, value in forged.items():
        await driver.call("list_tasks", label=f"forged: {what}", caller=bearer("forged", value))
    allowed = driver.profile.allowed_origin
    own = ""
    if allowed is not None:
        await driver.call("list_tasks", label="allowed origin", caller=caller, headers=(("Origin", allowed),))
        made = await driver.call(
            "create_task",
            label="allowed origin creates",
            caller=caller,
            headers=(("Origin", allowed),),
            body=Form({"message": EASY}, [FilePart("own.txt", b"own")] * driver.profile.offers("files")),
        )
        own = task_id(driver, made) if made.ok else ""
        # A list of patterns takes an unescaped dot for any letter.
        near = {
            "begins alike": begins_alike(allowed),
            "has a letter for a dot": allowed.replace(".", "x", 1),
            "is null": "null",
        }
        for label, other in near.items():
            await driver.call(
                "list_tasks", label=f"origin that {label}", caller=caller, headers=(("Origin", other),)
            )
    await driver.call("list_tasks", label="foreign origin", caller=caller, headers=(("Origin", FOREIGN),))
    # The task may still be running when it is cancelled.
    begun = await create(driver, EASY, label="to be cancelled", caller=caller)
    if begun.ok:
        await driver.call(
            "cancel_task",
            label="foreign origin cancels",
            caller=caller,
            path={"id": task_id(driver, begun)},
            headers=(("Origin", FOREIGN),),
        )
    await driver.call(
        "create_task",
        label="foreign origin creates",
        caller=caller,
        headers=(("Origin", FOREIGN),),
        body=as_json({"message": EASY}),
    )
    _, short = await exchange(
        driver, application(driver) | {"endUserId": name, "expiresIn": "2s"}, label="short-lived"
    )
    if short is not None:
        brief = of_page(driver, "short-lived", short)
        await driver.call("list_tasks", label="short-lived: valid", caller=brief)
        made = await create(driver, EASY, label="short-lived: create", caller=brief)
        await asyncio.sleep(3.2)
        await _after_its_end(driver, brief, made.fields.get("id"), heir=caller)
    if own:
        # By now the task is over: nothing but the origin is wrong.
        for operation in ("get_task", "get_task_history", "list_artifacts", "stream_task"):
            await driver.call(
                operation,
                label=f"foreign origin: {operation}",
                caller=caller,
                path={"id": own},
                headers=(("Origin", FOREIGN),),
            )
        await download(
            driver,
            own,
            "uploads/own.txt",
            label="foreign origin downloads",
            caller=caller,
            headers=(("Origin", FOREIGN),),
        )
        await say(
            driver,
            own,
            EASY,
            label="foreign origin follows up",
            caller=caller,
            headers=(("Origin", FOREIGN),),
        )


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["widget"], requires=WIDGET)
async def token_variables(driver: Driver) -> None:
    """A task made with a token whose exchange carried variables shows none of them."""
    env, secret = f"plain-{nonce()}-{nonce()}", f"canary-{nonce()}-{nonce()}"
    driver.redactor.learn(secret)
    caller = await user(
        driver,
        f"user-{nonce()}",
        label="token",
        env={"EXCHANGE_ENV": env},
        secrets={"EXCHANGE_CANARY": secret},
    )
    task = await created(driver, EASY, caller=caller, label="create_task")
    await follow(driver, task, label="run", caller=caller)
    await get(driver, task, label="read back", caller=caller)
    await driver.call("list_tasks", label="list", caller=caller)
