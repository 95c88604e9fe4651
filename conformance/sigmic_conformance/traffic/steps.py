"""Steps of many probes: create a task, follow it to its end, poll it."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

from sigmic_conformance.traffic.callers import Caller
from sigmic_conformance.traffic.driver import Driver, How
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.live_stream import LiveStream
from sigmic_conformance.wire.bodies import FilePart, Form, as_json
from sigmic_conformance.wire.transcript import Exchange

POLL_SECONDS = 0.25
ANSWER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Run:
    """A task that was created and its stream, followed to the end."""

    task: str
    live: LiveStream

    def called(self, text: str) -> bool:
        """True when a tool was called with this text in its arguments."""
        heard = (*self.live.before, *self.live.events)
        return any(event.calls(text) for event in heard)


async def create(
    driver: Driver, message: str, *, label: str, caller: Caller | None = None, **fields: object
) -> Exchange:
    """Create a task from a JSON body."""
    return await driver.call(
        "create_task", label=label, caller=caller, body=as_json({"message": message} | fields)
    )


async def create_form(
    driver: Driver,
    fields: Mapping[str, str],
    files: Sequence[FilePart] = (),
    *,
    file_field: str = "files",
    **how: Unpack[How],
) -> Exchange:
    """Create a task from a multipart form."""
    return await driver.call("create_task", **how | {"body": Form(fields, files, file_field=file_field)})


async def created(
    driver: Driver, message: str, *, label: str, caller: Caller | None = None, **fields: object
) -> str:
    """Create a task and return its id; Interrupted if it was refused."""
    return task_id(driver, await create(driver, message, label=label, caller=caller, **fields))


def task_id(driver: Driver, exchange: Exchange) -> str:
    """The id in the answer of create_task; Interrupted if there is none."""
    data = driver.require(exchange)
    task = data.get("id") if isinstance(data, dict) else None
    if not isinstance(task, str) or not task:
        raise Interrupted(f"{exchange.label}: the answer has no task id, its id is {task!r:.60}")
    return task


async def run(
    driver: Driver, message: str, *, label: str, caller: Caller | None = None, **fields: object
) -> Run:
    """Create a task and follow its stream until the server closes it.

    A stream that a transient fault cuts is opened again, because reconnecting is documented to lose nothing.
    """
    task = await created(driver, message, label=f"{label}: create", caller=caller, **fields)
    return Run(task, await follow(driver, task, label=f"{label}: stream", caller=caller))


async def follow(driver: Driver, task: str, *, label: str, caller: Caller | None = None) -> LiveStream:
    """Read a task's stream to its end, reconnecting at most twice if it is cut before a done or error.

    Interrupted if a call asks for an approval: no client answers it, and the task would not end.
    """
    deadline = time.monotonic() + driver.profile.task_seconds
    live = await _to_the_end(driver, task, label, caller, deadline)
    for _ in range(2):
        if not live.opened or live.settled or live.waiting or live.held_back:
            break
        before = (*live.before, *live.events)
        live = await _to_the_end(driver, task, f"{label} again", caller, deadline)
        live.before = before
    if live.events and live.events[-1].type == "history_done":
        # The turn was over before the stream was opened, so only get_task shows how it ended.
        await get(driver, task, label=f"{label}: over before", caller=caller)
    if live.waiting:
        # The task may have been created with other settings than requested.
        await get(driver, task, label=f"{label}: waits", caller=caller)
        raise Interrupted(f"{label}: a call waits for an approval although approvals were switched off")
    return live


async def _to_the_end(
    driver: Driver, task: str, label: str, caller: Caller | None, deadline: float
) -> LiveStream:
    live = await driver.open_stream(task, label=label, caller=caller)
    await driver.await_first_byte(live)
    while not live.ended and (left := deadline - time.monotonic()) > 0:
        await live.until(lambda _: bool(live.waiting) or live.settled, left)
        if not live.waiting:
            await live.end(left)
            break
        # Another client or the platform itself may answer immediately.
        await live.until(lambda _: not live.waiting, min(left, ANSWER_SECONDS))
        if live.waiting:
            break
    live.hang_up()
    return live


async def say(
    driver: Driver, task: str, message: str, *, as_form: bool = False, **how: Unpack[How]
) -> Exchange:
    """Send a follow-up, as JSON or as a form without files."""
    how["body"] = Form({"message": message}) if as_form else as_json({"message": message})
    return await driver.call("send_message", path={"id": task}, **how)


async def decide(driver: Driver, task: str, call: str, outcome: str, **how: Unpack[How]) -> Exchange:
    """Answer a call."""
    how["body"] = as_json({"outcome": outcome})
    return await driver.call("approve_tool_call", path={"id": task, "callId": call}, **how)


async def ask(
    driver: Driver,
    task: str,
    message: str,
    *,
    label: str,
    caller: Caller | None = None,
    as_form: bool = False,
) -> LiveStream:
    """Send a follow-up and read the stream of its run to the end."""
    said = await say(driver, task, message, label=f"{label}: message", caller=caller, as_form=as_form)
    driver.require(said)
    return await follow(driver, task, label=f"{label}: stream", caller=caller)


async def ask_again(
    driver: Driver,
    task: str,
    message: str,
    answer: LiveStream,
    *,
    to_the_point: Callable[[str], bool],
) -> None:
    """Repeat the prompt, at most twice, while the answer is off-topic: a real model may chat or refuse."""
    for number in (2, 3):
        if to_the_point(answer.answer):
            return
        answer = await ask(driver, task, message, label=f"again {number}")


async def get(driver: Driver, task: str, **how: Unpack[How]) -> Exchange:
    """Read a task."""
    return await driver.call("get_task", path={"id": task}, **how)


async def history(driver: Driver, task: str, **how: Unpack[How]) -> Exchange:
    """Read a task's history."""
    return await driver.call("get_task_history", path={"id": task}, **how)


async def poll(
    driver: Driver,
    task: str,
    statuses: frozenset[str],
    *,
    label: str,
    timeout: float,
    caller: Caller | None = None,
) -> Exchange:
    """Read a task until its status is one of these, or until time is up; the last answer decides."""
    end = time.monotonic() + timeout
    while True:
        exchange = await get(driver, task, label=label, caller=caller)
        if status_of(exchange) in statuses or time.monotonic() >= end:
            return exchange
        await asyncio.sleep(POLL_SECONDS)


def status_of(exchange: Exchange) -> str | None:
    """The status in the answer of get_task, or None."""
    data = exchange.data
    status = data.get("status") if isinstance(data, dict) else None
    return status if isinstance(status, str) else None


async def files(driver: Driver, task: str, **how: Unpack[How]) -> Exchange:
    """List a task's files."""
    return await driver.call("list_artifacts", path={"id": task}, **how)


async def download(driver: Driver, task: str, path: str, **how: Unpack[How]) -> Exchange:
    """Download a file by its listed path."""
    return await driver.call("download_artifact", path={"id": task}, query={"path": path}, **how)


def paths_of(exchange: Exchange) -> list[str]:
    """The paths in the answer of list_artifacts."""
    data = exchange.data
    listed = data.get("files") if isinstance(data, dict) else None
    return [
        entry["path"]
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("path"), str)
    ]


def text_of(value: object) -> str:
    """A JSON value as text, for searching in it."""
    return json.dumps(value, ensure_ascii=False)
