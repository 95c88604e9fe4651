"""Credentials of every shape at the list, and no credentials at every operation."""

import secrets

from sigmic_conformance.traffic.callers import NOBODY, Caller, api_key, bearer
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import probe
from sigmic_conformance.traffic.prompts import EASY
from sigmic_conformance.traffic.steps import (
    created,
    decide,
    download,
    follow,
    get,
    history,
    poll,
    say,
)
from sigmic_conformance.wire.bodies import Form, as_json

UNKNOWN_TASK = "00000000-0000-4000-8000-000000000000"
# Header and payload of a token that says `alg: HS256` and `alg: none`, and an arbitrary signature.
HS256 = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
NONE = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
PAYLOAD = "eyJzdWIiOiJ1c2VyLTEiLCJleHAiOjQxMDI0NDQ4MDB9"
SIGNATURE = "c2lnbmF0dXJlLW9mLW5vYm9keS1hdC1hbGwtMDEyMzQ1Njc"
ALIKE = len("sigmic_") + 8
"""As many characters of a key as platforms show or index: few enough to reveal nothing."""


def bad_callers() -> dict[str, Caller]:
    """Callers that must be refused, by their defect."""
    return {
        "nothing": NOBODY,
        "unknown key": bearer("unknown key", f"sigmic_{secrets.token_hex(32)}"),
        "unknown key in X-API-Key": api_key("unknown key", f"sigmic_{secrets.token_hex(32)}"),
        "short key": bearer("short key", "sigmic_short"),
        "long key": bearer("long key", f"sigmic_{secrets.token_hex(33)}"),
        "letters beyond f": bearer("letters beyond f", f"sigmic_{'g' * 64}"),
        "no known prefix": bearer("no known prefix", f"sk-{secrets.token_hex(16)}"),
        "one letter": bearer("one letter", "x"),
        "forged token": bearer("forged token", f"{HS256}.{PAYLOAD}.{SIGNATURE}"),
        "unsigned token": bearer("unsigned token", f"{NONE}.{PAYLOAD}."),
        "token of two segments": bearer("token of two segments", f"{HS256}.{PAYLOAD}"),
        "token that is not JSON": bearer("token that is not JSON", "eyJ!!!.###.%%%"),
        "token alone": bearer("token alone", "eyJ"),
        "very long": bearer("very long", f"sigmic_{'a' * 5000}"),
        "not ASCII": bearer("not ASCII", "sigmic_\xe9\xff"),
        # The only control character that HTTP allows in a header.
        "a tab inside": bearer("a tab inside", f"sigmic_{'a' * 31}\t{'b' * 32}"),
        "Basic": Caller("Basic", (("Authorization", "Basic dXNlcjpwYXNz"),)),
        # Each is one word, and a server may expect two.
        "Bearer alone": Caller("Bearer alone", (("Authorization", "Bearer"),)),
        "no scheme": Caller("no scheme", (("Authorization", f"sigmic_{secrets.token_hex(32)}"),)),
    }


def nearly_valid_keys(key: str) -> dict[str, Caller]:
    """Callers with a valid key and more, which a column truncates, and with its beginning, for an index.

    A hash may ignore the end of a long text.
    """
    more, begins_alike = f"{key}00", f"{key[:ALIKE]}{secrets.token_hex(32)}"[: len(key)]
    return {
        "own key's other end": bearer("own key's other end", f"{key[:-1]}{'1' if key[-1] == '0' else '0'}"),
        "own key's beginning": bearer("own key's beginning", begins_alike),
        "own key and more": bearer("own key and more", more),
        "own key and more in X-API-Key": api_key("own key and more", more),
    }


@probe(seconds=2, requires=())
async def credentials(driver: Driver) -> None:
    """Ask for the list with good and bad credentials; each bad one together with a good one."""
    key = driver.credentials.api_key
    driver.redactor.learn(key[:-1])
    good: dict[str, Caller] = {
        "bearer": bearer("owner", key),
        "x-api-key": api_key("owner", key),
        "lower-case scheme": Caller("owner", (("authorization", f"bearer {key}"),)),
    }
    for name, caller in good.items():
        await driver.call("list_tasks", label=f"good: {name}", caller=caller, query={"limit": "1"})
    for wrong, caller in (bad_callers() | nearly_valid_keys(key)).items():
        await driver.call("list_tasks", label=f"bad: {wrong}", caller=caller, query={"limit": "1"})
    await driver.request(
        "GET",
        driver.writer.target("list_tasks", {}, {"limit": "1"})
        + f"&api_key={key}&token={key}&access_token={key}&key={key}",
        operation="list_tasks",
        label="bad: query string",
        caller=NOBODY,
    )
    other = (("X-API-Key", f"sigmic_{'0' * 64}"),)
    await driver.call("list_tasks", label="both headers", caller=driver.owner, headers=other)
    await driver.call(
        "list_tasks",
        label="both headers, the other way",
        caller=bearer("unknown key", f"sigmic_{secrets.token_hex(32)}"),
        headers=(("X-API-Key", key),),
    )
    await driver.call("list_tasks", label="good: bearer again", query={"limit": "1"})
    await driver.call(
        "list_tasks",
        label="token as key",
        caller=api_key("forged", f"{HS256}.{PAYLOAD}.{SIGNATURE}"),
    )


@probe(seconds=3)
async def other_callers(driver: Driver) -> None:
    """Call every operation on a real and on an unknown task without credentials, then look for effects."""
    task = await created(driver, EASY, label="create_task")
    await follow(driver, task, label="run")
    await poll(driver, task, frozenset({"completed", "failed"}), label="before", timeout=10)
    await history(driver, task, label="history before")
    await driver.call("list_tasks", label="list before", query={"limit": "1"})
    bad = bad_callers()
    # A separate service may receive the forms.
    callers: dict[str, tuple[Caller, bool]] = {
        "nobody": (NOBODY, False),
        "forged token": (bad["forged token"], True),
        "unknown key": (bad["unknown key"], False),
        "unknown key in X-API-Key": (bad["unknown key in X-API-Key"], True),
        "no known prefix": (bad["no known prefix"], False),
    }
    for name, (caller, as_form) in callers.items():
        for what, target in (("real task", task), ("unknown task", UNKNOWN_TASK)):
            label = f"{name}, {what}"
            for operation in ("get_task", "stream_task", "get_task_history", "list_artifacts", "cancel_task"):
                await driver.call(operation, label=label, caller=caller, path={"id": target})
            await download(driver, target, "a.txt", label=label, caller=caller)
            await say(driver, target, EASY, label=label, caller=caller, as_form=as_form)
            await decide(driver, target, "call_1", "proceed_once", label=label, caller=caller)
        body = Form({"message": EASY}) if as_form else as_json({"message": EASY})
        await driver.call("create_task", label=f"{name}, creation", caller=caller, body=body)
        await driver.call("create_task", label=f"{name}, bad creation", caller=caller, body=as_json({}))
        await driver.call("list_tasks", label=f"{name}, list", caller=caller)
    await get(driver, task, label="after")
    await history(driver, task, label="history after")
    await driver.call("list_tasks", label="list after", query={"limit": "1"})


@probe(seconds=2)
async def either_header(driver: Driver) -> None:
    """Create with one header and read with the other, both ways, and with another key of the project."""
    other = api_key("owner", driver.credentials.api_key)
    first = await created(driver, EASY, label="bearer creates")
    await get(driver, first, label="key reads", caller=other)
    second = await created(driver, EASY, label="key creates", caller=other)
    await get(driver, second, label="bearer reads")
    if (key := driver.credentials.roles.get("another")) is not None:
        another = bearer("another", key)
        third = await created(driver, EASY, label="another key creates", caller=another)
        await get(driver, third, label="another key reads", caller=another)


@probe(seconds=2)
async def unknown_task(driver: Driver) -> None:
    """Every operation on a task that does not exist, and on ids that are not UUIDs."""
    ids = {
        "unknown": UNKNOWN_TASK,
        "not a UUID": "nonsense",
        "dots": "..%2f",
        "long": "x" * 500,
    }
    for label, target in ids.items():
        for operation in ("get_task", "get_task_history", "list_artifacts", "stream_task", "cancel_task"):
            await driver.call(operation, label=label, path={"id": target})
        await download(driver, target, "a.txt", label=label)
        await say(driver, target, EASY, label=label)
        await decide(driver, target, "call_1", "proceed_once", label=label)
