"""Creating tasks: both content types, every field, and what must be refused."""

import asyncio
from typing import Any
from urllib.parse import urlencode

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import EASY, count, nonce
from sigmic_conformance.traffic.steps import create, create_form, follow, get, history, task_id
from sigmic_conformance.wire.bodies import Plain, as_json
from sigmic_conformance.wire.numbered_text import numbered

LONG_PROMPT = f" Say what you were asked, and no more. {numbered(2000)}"
"""Longer than a column of the usual widths, and short for a model."""


@probe(seconds=4, concurrency=Concurrency.AGENT)
async def creation_fields(driver: Driver) -> None:
    """Create tasks with and without each optional field, as JSON and as a form, and read them back."""
    prompt = f"Be brief. {nonce()}{LONG_PROMPT}"
    bodies: dict[str, dict[str, Any]] = {
        "defaults": {},
        "systemPrompt": {"systemPrompt": prompt},
        "hidden": {"showInHistory": False, "systemPrompt": None},
        # Some parsers turn a text that looks like a time, or like a number, into one.
        "manual": {"autoExecute": False, "message": "2026-01-02T03:04:05+02:00"},
    }
    if driver.profile.offers("environment"):
        bodies["empty env"] = {"env": {}, "message": "0042"}
    for name, fields in bodies.items():
        label = f"json {name}"
        made = await create(driver, **{"message": EASY, **fields}, label=label)
        if name == "hidden" and made.refused:
            # Null is the default of a prompt; whether it may be given explicitly is not documented.
            made = await create(driver, EASY, label=label, showInHistory=False)
        task = task_id(driver, made)
        await get(driver, task, label=f"{label}: read")
        if name == "hidden":
            await follow(driver, task, label="hidden: stream")
            await history(driver, task, label="hidden: history")
            await driver.call("list_tasks", label="hidden: list", query={"limit": "100"})
    forms: dict[str, dict[str, str]] = {
        "defaults": {},
        "systemPrompt": {"systemPrompt": prompt},
        "booleans": {"showInHistory": "false", "autoExecute": "false"},
        "true booleans": {"showInHistory": "true", "autoExecute": "true", "message": "a"},
    }
    for form, given in forms.items():
        label = f"form {form}"
        task = task_id(driver, await create_form(driver, {"message": EASY, **given}, label=label))
        await get(driver, task, label=f"{label}: read")
    words = {"message": EASY, "systemPrompt": prompt, "showInHistory": "false", "autoExecute": "false"}
    made = await driver.call(
        "create_task",
        label="urlencoded",
        body=Plain(urlencode(words).encode(), "application/x-www-form-urlencoded"),
    )
    if made.ok:
        read = "urlencoded: read"
        await get(driver, task_id(driver, made), label=read)


@probe(seconds=3)
async def creation_refusals(driver: Driver) -> None:
    """Send what must be refused, each beside an accepted control that differs in one thing."""
    key, value = "WORD", nonce()
    # A unique system prompt marks this probe's tasks in the list.
    mark = driver.note("mark", f"marked {nonce()}")
    bad: dict[str, object] = {
        "no message": {"systemPrompt": mark},
        "empty message": {"message": "", "systemPrompt": mark},
        "blank message": {"message": " \n\t ", "systemPrompt": mark},
        "message is a number": {"message": 7, "systemPrompt": mark},
        "message is null": {"message": None, "systemPrompt": mark},
        "message is a list": {"message": [EASY], "systemPrompt": mark},
        "two mistakes": {"message": 7, "autoExecute": "maybe", "systemPrompt": mark},
        "not an object": [EASY],
        "a string": EASY,
        "autoExecute maybe": {"message": EASY, "autoExecute": "maybe", "systemPrompt": mark},
        # A bad variable after a good one, or in one of two maps, must be refused as well.
        "env name begins with a digit": {"message": EASY, "env": {"1" + key: value}, "systemPrompt": mark},
        "env name with a hyphen": {"message": EASY, "env": {key: value, "A-B": value}, "systemPrompt": mark},
        "env name is empty": {"message": EASY, "env": {"": value}, "systemPrompt": mark},
        "env name between Z and a": {"message": EASY, "env": {"A^B": value}, "systemPrompt": mark},
        "env name with a line feed": {"message": EASY, "env": {f"{key}\n": value}, "systemPrompt": mark},
        "secret name begins with a digit": {
            "message": EASY,
            "env": {key: value},
            "secrets": {"1" + key: f"hidden-{nonce()}"},
            "systemPrompt": mark,
        },
        "env value is a number": {"message": EASY, "env": {key: 7}, "systemPrompt": mark},
        "env value is null": {"message": EASY, "env": {"A": value, key: None}, "systemPrompt": mark},
        "secret value is an object": {"message": EASY, "secrets": {key: {}}, "systemPrompt": mark},
        "unknown field": {"message": EASY, "nonsense": 1, "systemPrompt": mark},
    }
    # A server that reads a broken form in part would create a task; the mark identifies it.
    begun = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in {"message": EASY, "systemPrompt": f"{mark}, broken form"}.items()
    ).encode()
    await create(driver, EASY, label="twin", systemPrompt=mark)
    # The last of these legal names is special in some languages' objects, and copying loses it.
    env = {"_a1": value, "B_2": "x", "__proto__": "y"}
    made = await create(driver, EASY, label="twin with env", systemPrompt=mark, env=env)
    if made.ok:
        await get(driver, task_id(driver, made), label="twin with env: read back")
    for name, body in bad.items():
        await driver.call("create_task", label=f"bad: {name}", body=as_json(body))
    raw: dict[str, Plain] = {
        "malformed JSON": Plain(b'{"message": "What'),
        "empty body": Plain(b""),
        "two values": Plain(b'{"message":"a"} {"message":"b"}'),
        "not UTF-8": Plain(b'{"message":"\xff\xfe"}'),
        "plain text": Plain(EASY.encode(), "text/plain"),
        "no content type": Plain(b'{"message":"x"}', ""),
        "form without boundary": Plain(b"--x\r\n\r\n", "multipart/form-data"),
        "form cut short": Plain(
            begun + b'--x\r\nContent-Disposition: form-data; name="showInHistory"\r\n\r\ntr',
            "multipart/form-data; boundary=x",
        ),
        "form with broken part": Plain(
            begun + b"--x\r\n\x00\x01 nonsense\r\n\r\nhello\r\n--x--\r\n", "multipart/form-data; boundary=x"
        ),
        # Accepted or refused, neither may break the list that shows it.
        "half a surrogate pair": Plain(b'{"message":"What is 2+2? \\ud83d"}'),
        "NUL": Plain(b'{"message":"What is 2+2? \\u0000"}'),
        "deep JSON": Plain(b'{"message":' + b"[" * 3000 + b"]" * 3000 + b"}"),
    }
    for form, broken in raw.items():
        await driver.call("create_task", label=f"raw: {form}", body=broken)
    await create_form(driver, {"message": EASY, "systemPrompt": mark}, label="form twin")
    capitals = {"message": EASY, "autoExecute": "TRUE", "systemPrompt": mark}
    await create_form(driver, capitals, label="form boolean in capitals")
    await create_form(driver, {"systemPrompt": mark}, label="bad form: no message")
    await create_form(
        driver,
        {"message": EASY, "autoExecute": "maybe", "systemPrompt": mark},
        label="bad form: boolean",
    )
    await driver.call("list_tasks", label="list", query={"limit": "100"})


SPOKEN_SECONDS = 1.2
"""After this time, a read of the task must have the text that a reader received."""
LONG_COUNT = 1200
STOPPED_SECONDS = 3.5
"""Longer than a cancellation may take to stop the text, and shorter than the rest of the text takes."""


@probe(seconds=4, concurrency=Concurrency.AGENT)
async def quick_answer(driver: Driver) -> None:
    """Create a task that works for seconds; read it immediately and while its text arrives, and cancel it."""
    made = await create(driver, count(LONG_COUNT), label="create_task")
    task = task_id(driver, made)
    await get(driver, task, label="immediately")
    await driver.call("list_tasks", label="listed", query={"limit": "100"})
    live = await driver.open_stream(task, label="reader")
    if await live.until(lambda event: event.type == "content", driver.profile.task_seconds):
        await asyncio.sleep(SPOKEN_SECONDS)
    await get(driver, task, label="speaking")
    await driver.call("cancel_task", label="cancel", path={"id": task})
    await live.finish(STOPPED_SECONDS)
