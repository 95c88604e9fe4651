"""Read-only checks after a step: what the owner sees and other callers must not see. Uses no model turn."""

import asyncio
from collections.abc import Awaitable, Iterable

from sigmic_conformance.model.workspace import UPLOADS
from sigmic_conformance.traffic.callers import Caller
from sigmic_conformance.traffic.endings import Interrupted, describe
from sigmic_conformance.traffic.journeys.journey import Step
from sigmic_conformance.traffic.journeys.life import Life
from sigmic_conformance.traffic.journeys.material import GROWING
from sigmic_conformance.traffic.journeys.sweep import sweep
from sigmic_conformance.traffic.prompts import EASY
from sigmic_conformance.traffic.steps import download, files, follow, get, history, paths_of
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.bodies import Body, Form, as_json
from sigmic_conformance.wire.transcript import Exchange

BEYOND = 1000
"""Offset past the last task that is still beyond it if other callers create tasks at the same time."""
LARGEST_PAGE = 100
PEEK_SECONDS = 0.5
PART = (("Range", "bytes=1-3"),)
FRESH_FILES = 4
"""The most files that one observation downloads for the first time."""
_READS = ("get_task", "get_task_history", "list_artifacts", "download_artifact", "stream_task")


async def observe(
    life: Life, step: Step, state: str, *, first: Exchange | None = None, call: str = ""
) -> Exchange:
    """Read a task in a state as all callers; return the owner's read, which is `first` if that is given.

    After the turn everything is read; during the turn less, because the agent continues at the same time.
    `call` is a waiting call, which other callers try to approve.
    """
    read = first or await get(
        life.driver, life.task, label=life.label(f"{state}: task"), caller=life.acting(step)
    )
    if read.status is None:
        raise Interrupted(f"step {life.number}: {describe(read)}")
    await _together(
        [
            _owner(life, step, state),
            *(_stranger(life, step, state, name, call=call) for name in life.journey.others),
        ]
    )
    # Checks compare the reads in between with this second read, and this read with the first.
    await get(life.driver, life.task, label=life.label(f"{state}: once more"), caller=life.acting(step))
    if state in {"cancelled", "failed"}:
        # What was cut off may still be saved: only equal histories before and after prove a count (LIST-009).
        again = life.label(f"{state}: history once more")
        await history(life.driver, life.task, label=again, caller=life.acting(step))
    if state == step.ending:
        await sweep(life, step)
    if state == step.ending and step["reader"] == "none":
        # No stream has been opened yet: the first one comes after all other reads in this state.
        late = life.label(f"{state}: late stream")
        await follow(life.driver, life.task, label=late, caller=_other_form(life, step))
    return read


async def _together(looks: Iterable[Awaitable[None]]) -> None:
    """Read in parallel; all reads end before the first failure is raised."""
    for each in await asyncio.gather(*looks, return_exceptions=True):
        if isinstance(each, BaseException):
            raise each


async def _owner(life: Life, step: Step, state: str) -> None:
    """Read as the owner, with both forms of the credential if there are two."""
    driver, task, path = life.driver, life.task, {"id": life.task}
    one, other = life.acting(step), _other_form(life, step)
    await history(driver, task, label=life.label(f"{state}: history"), caller=other)
    if driver.profile.offers("artifacts"):
        listed = await files(driver, task, label=life.label(f"{state}: files"), caller=one)
        life.paths = paths_of(listed) or life.paths
    await _page(life, step, state)
    if state != step.ending:
        for number, file in enumerate(_meanwhile(life), 1):
            label = life.label(f"{state}: file {number} meanwhile")
            await download(driver, task, file, label=label, caller=other)
        return
    if driver.profile.offers("artifacts"):
        wanted = _wanted(life)
        for number, file in enumerate(wanted, 1):
            await download(driver, task, file, label=life.label(f"{state}: file {number}"), caller=other)
            life.downloaded.add(file)
        for file in wanted[-1:]:
            part = life.label(f"{state}: part of a file")
            query = {"path": file}
            await driver.call(
                "download_artifact", label=part, caller=one, path=path, query=query, headers=PART
            )
    if step["reader"] != "none":
        await follow(driver, task, label=life.label(f"{state}: late stream"), caller=other)


async def rest(life: Life, step: Step) -> None:
    """Read a task whose session has ended, as all callers: nothing is lost, restored or shown to others."""
    driver, task, one = life.driver, life.task, life.acting(step)
    await get(driver, task, label=life.label("expired: task"), caller=one)
    await driver.call(
        "get_task_history",
        label=life.label("expired: history"),
        path={"id": task},
        caller=_other_form(life, step),
    )
    if driver.profile.offers("artifacts"):
        await files(driver, task, label=life.label("expired: files"), caller=one)
        for path in life.paths[-1:]:
            await download(driver, task, path, label=life.label("expired: file"), caller=one)
    for name in life.journey.others:
        for operation in _READS:
            await _read(life, "expired", operation, name, life.callers[name])
    await get(driver, task, label=life.label("expired: task again"), caller=one)


def _meanwhile(life: Life) -> list[str]:
    """The files to download during a turn: the one that grows (ARTIFACT-029), and an unchanged upload."""
    attached = [path for path in life.paths if path.startswith(UPLOADS)]
    return life.growing[:1] + ([attached[life.number % len(attached)]] if attached else [])


def _wanted(life: Life) -> list[str]:
    """The files to download: the one that grows, some that were not downloaded yet, and one old file."""
    found = [path for path in life.paths if path.rpartition("/")[2] == GROWING]
    # If no list has it any longer, its last path is requested again: the file must still exist.
    growing = life.growing = found or life.growing
    old = [path for path in life.paths if path in life.downloaded and path not in growing]
    again = [old[-1 - life.number % len(old)]] if old else []
    fresh = [path for path in life.paths if path not in life.downloaded and path not in growing]
    # A non-ASCII name is encoded differently in headers (ARTIFACT-015).
    fresh.sort(key=str.isascii)
    return growing + fresh[:FRESH_FILES] + again


def _other_form(life: Life, step: Step) -> Caller:
    """The owner's credential in its other form, if there are two."""
    one = life.acting(step)
    return next((each for each in life.owners if each is not one), one)


async def _page(life: Life, step: Step, state: str) -> None:
    """The step's page of the owner's list. The number of tasks is read at the same time; it may change."""
    page = step["page"]
    if page != "inside" and not life.total:
        await _list(life, step, life.label(f"{state}: page inside"), {"limit": "1", "offset": "0"})
    last = max(0, life.total - 1)
    query = {
        "inside": {"limit": "1", "offset": "0"},
        "exact": {"limit": str(life.total - last or 1), "offset": str(last)},
        "last": {"limit": "5", "offset": str(last)},
        "beyond": {"limit": "5", "offset": str(life.total + BEYOND)},
    }[page]
    if life.number % 2:
        # The same page by the default parameters (LIST-001, LIST-002).
        unsaid = {("offset", "0")} | ({("limit", "5")} if page in {"last", "beyond"} else set())
        query = dict(query.items() - unsaid)
    await _list(life, step, life.label(f"{state}: page {page}"), query)
    if page == "exact" and 0 < life.total <= LARGEST_PAGE:
        whole = life.label(f"{state}: page {page}, whole")
        await _list(life, step, whole, {"limit": str(life.total)})


async def _list(life: Life, step: Step, label: str, query: dict[str, str]) -> None:
    asked = await life.driver.call("list_tasks", label=label, caller=life.acting(step), query=query)
    total = json_values.fields(json_values.fields(asked.json()).get("pagination")).get("total")
    if isinstance(total, int) and not isinstance(total, bool):
        life.total = total


async def _stranger(life: Life, step: Step, state: str, name: str, *, call: str) -> None:
    """Try to read the task as another caller, each time differently; in that caller's step everything."""
    caller = life.callers[name]
    if step["caller"] == name:
        for operation in _READS:
            await _read(life, state, operation, name, caller)
        query = {"limit": "5", "offset": str(BEYOND) if step["page"] == "beyond" else "0"}
        page = life.label(f"{state}: page {step['page']}", name)
        await life.driver.call("list_tasks", label=page, caller=caller, query=query)
        await _act(life, state, name, caller, call=call)
        return
    await _read(life, state, _READS[life.number % len(_READS)], name, caller)
    if state == step.ending:
        await _read(life, state, _READS[(life.number + 2) % len(_READS)], name, caller)
    elif call:
        await _change(life, state, "approve_tool_call", name, caller, call=call)
    else:
        await _change(life, state, "cancel_task", name, caller)


async def _read(life: Life, state: str, operation: str, name: str, caller: Caller) -> None:
    label_, path = life.label(f"{state}: {operation}", name), {"id": life.task}
    if operation == "stream_task":
        live = await life.driver.open_stream(life.task, label=label_, caller=caller)
        if live.opened:
            await live.until(lambda _: True, PEEK_SECONDS)
        else:
            await live.end(life.driver.bounds.total)
        live.hang_up()
    elif operation == "download_artifact":
        if life.paths:
            await download(life.driver, life.task, life.paths[-1], label=label_, caller=caller)
    else:
        await life.driver.call(operation, label=label_, caller=caller, path=path)


async def _act(life: Life, state: str, name: str, caller: Caller, *, call: str) -> None:
    """Try every change of the task as another caller."""
    if call:
        await _change(life, state, "approve_tool_call", name, caller, call=call)
    for operation in ("send_message", "cancel_task"):
        await _change(life, state, operation, name, caller)


async def _change(
    life: Life, state: str, operation: str, name: str, caller: Caller, *, call: str = ""
) -> None:
    """Try a change of the task as another caller: it must have no effect.

    In every other step a message is a form, which a separate service may receive.
    """
    message = {"message": EASY}
    bodies: dict[str, Body] = {
        "approve_tool_call": as_json({"outcome": "proceed_once"}),
        "send_message": Form(message) if life.number % 2 else as_json(message),
    }
    await life.driver.call(
        operation,
        label=life.label(f"{state}: {operation}", name),
        caller=caller,
        path={"id": life.task} | ({"callId": call} if call else {}),
        body=bodies.get(operation),
    )
