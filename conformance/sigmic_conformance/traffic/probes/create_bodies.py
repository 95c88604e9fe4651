"""Fields in the wrong kind of body, the longest message, and a body beyond every limit."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import EASY, digest_of, nonce, shell
from sigmic_conformance.traffic.steps import (
    create,
    create_form,
    files,
    follow,
    get,
    history,
    poll,
    task_id,
)
from sigmic_conformance.wire.bodies import PORTION
from sigmic_conformance.wire.json_values import FINAL
from sigmic_conformance.wire.numbered_text import numbered

LONGEST = 100_000
BEYOND_EVERY_LIMIT = 1 << 40
LONG_BYTES = 70_000
"""Bytes of a message with a character across the edge of each usual buffer, below most limits."""
PROMPT = numbered(120_000)
BOUNDARY = "----form-7MA4YWxkTrZu0gW"


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["environment"])
async def form_variables(driver: Driver) -> None:
    """Send env and secrets in a form; if that is accepted, have the agent print a digest of the value."""
    mark = driver.note("mark", f"marked {nonce()}")
    message = shell('printf %s "$FORM_WORD" | sha256sum')
    both: tuple[str, ...] = ("env", "secrets")
    for name in both:
        value = f"canary-{nonce()}"
        driver.redactor.learn(value)
        driver.note(f"{name}: digest", digest_of(value))
        fields = {
            "message": message,
            "systemPrompt": f"{mark} {name}",
            name: json.dumps({"FORM_WORD": value}),
        }
        made = await create_form(driver, fields, label=f"{name}: create")
        if made.ok:
            await follow(driver, task_id(driver, made), label=f"{name}: stream")
    await driver.call("list_tasks", label="list", query={"limit": "100"})


@probe(seconds=3, concurrency=Concurrency.AGENT)
async def json_files(driver: Driver) -> None:
    """Put files into a JSON body in three shapes, and look for them."""
    word = nonce()
    shapes = _file_shapes(word)
    await create(driver, EASY, label="twin")
    for shape, value in shapes.items():
        made = await create(driver, EASY, label=f"{shape}: create", files=value)
        if made.ok:
            task = task_id(driver, made)
            await follow(driver, task, label=f"{shape}: run")
            await history(driver, task, label=f"{shape}: history")
            await files(driver, task, label=f"{shape}: files")


def _file_shapes(word: str) -> dict[str, list[object]]:
    return {
        "names and contents": [{"name": f"{word}.txt", "content": word}],
        "names and base64": [{"filename": f"{word}.txt", "path": f"{word}.txt", "data": "aGVsbG8="}],
        "names": [f"{word}.txt"],
    }


@probe(seconds=2, concurrency=Concurrency.AGENT)
async def long_message(driver: Driver) -> None:
    """A message of 100,000 characters, one with a character more, a long system prompt, and a long text.

    Created tasks are cancelled. The limit of a prompt is not documented: it is sent with a short message.
    """
    kinds: dict[str, dict[str, Any]] = {
        "fits": {"message": EASY + "." * (LONGEST - len(EASY))},
        "beyond": {"message": EASY + "." * (LONGEST + 1 - len(EASY))},
        "long prompt": {"message": EASY, "systemPrompt": PROMPT},
        "long text": {"message": f"{EASY} {numbered(LONG_BYTES)}"},
    }
    for label, fields in kinds.items():
        made = await create(driver, **fields, label=label)
        if not made.ok:
            continue
        task = task_id(driver, made)
        if label == "long prompt":
            await get(driver, task, label="read back")
        await driver.call("cancel_task", label=f"{label}: cancel", path={"id": task})
        if label == "long text":
            await poll(driver, task, FINAL, label="long text: task", timeout=10)
            await history(driver, task, label="long text: history")
            await follow(driver, task, label="long text: replay")
            await driver.call("list_tasks", label="long text: list", query={"limit": "5"})


@dataclass(frozen=True, slots=True)
class Announced:
    """A form that announces a file of one tebibyte but sends only a quarter of a MiB."""

    text: str
    content_type: str = f"multipart/form-data; boundary={BOUNDARY}"
    description: tuple[str, ...] = ("files: endless.bin (1 TiB announced)",)

    @property
    def size(self) -> int:
        return BEYOND_EVERY_LIMIT

    def portions(self) -> Iterator[bytes]:
        yield self.text.encode() + bytes(PORTION)


def _announced(**fields: str) -> Announced:
    parts = [f'name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    parts.append('name="files"; filename="endless.bin"\r\n\r\n')
    return Announced("".join(f"--{BOUNDARY}\r\nContent-Disposition: form-data; {part}" for part in parts))


@probe(seconds=3)
async def body_too_large(driver: Driver) -> None:
    """Announce a body of a tebibyte to both endpoints that take files, send its beginning, and look."""
    mark = driver.note("mark", f"marked {nonce()}")
    task = task_id(driver, await create(driver, EASY, label="twin", systemPrompt=mark))
    await follow(driver, task, label="run")
    body = _announced(message=EASY, systemPrompt=f"{mark} too large")
    await driver.call("create_task", label="create_task", body=body)
    body = _announced(message=EASY)
    await driver.call("send_message", label="send_message", path={"id": task}, body=body)
    await driver.call("list_tasks", label="list", query={"limit": "100"})
