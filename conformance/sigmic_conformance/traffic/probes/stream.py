"""Readers that differ: slow, leaving, compressed, cut off by the hundred, with foreign event ids."""

import asyncio
import io
import time
import zipfile
from collections.abc import Callable

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.live_stream import LiveEvent, LiveStream
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import EASY, attempts, nonce, shell
from sigmic_conformance.traffic.steps import (
    created,
    follow,
    get,
    history,
    poll,
    task_id,
)
from sigmic_conformance.wire.bodies import FilePart, Form
from sigmic_conformance.wire.json_values import FINAL

PAUSE_SECONDS = 2.0
MANY, MOST = 600, 1500
"""Pieces of an answer: more than buffers of 256 and 500 events, and in the tier `full` of 1,000."""
JOINS_AFTER = 0.5
"""The fraction of the answer that has been sent when the late reader joins."""
PACE = "400 numbers per second"
LARGE_TEXT = 99_900
STORM = 200
AT_ONCE = 5
GZIP = (("Accept-Encoding", "gzip"),)


@probe(seconds=7, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def many_events(driver: Driver) -> None:
    """An answer of many pieces, for a quick, a pausing, a compressed, a leaving and a late reader."""
    many = MOST if driver.profile.tier == "full" else MANY

    async def attempt(number: int) -> str | None:
        # The command gives every reader the time to come.
        message = f"{shell('sleep 2')}\nThen count from 1 to {many}, {PACE}."
        task = await created(driver, message, label=f"create {number}")
        quick = await driver.open_stream(task, label=f"{number}: quick")
        pausing, compressed, leaving = await asyncio.gather(
            driver.open_another(task, label=f"{number}: pausing"),
            driver.open_another(task, label=f"{number}: gzip", headers=GZIP),
            driver.open_another(task, label=f"{number}: leaving"),
        )
        if pausing is not None:
            pausing.pause()
        await quick.until(
            lambda event: event.type in {"tool_call", "content", "done", "error"}, driver.profile.task_seconds
        )
        in_time = not any(event.type in {"tool_result", "done", "error"} for event in quick.events)
        if leaving is not None:
            leaving.hang_up(abruptly=True)
        await quick.until(_pieces(round(many * JOINS_AFTER)), driver.profile.task_seconds)
        late = await driver.open_another(task, label=f"{number}: late")
        await quick.end(driver.profile.task_seconds)
        await asyncio.sleep(PAUSE_SECONDS)
        driver.note("resumed at", time.monotonic_ns())
        if pausing is not None:
            pausing.resume()
        for live in filter(None, (quick, pausing, compressed, late)):
            await live.finish(10)
        driver.note("attempt", number)
        told = sum(event.type == "content" for event in quick.events)
        await poll(driver, task, FINAL, label="finished", timeout=10)
        await follow(driver, task, label=f"{number}: replay")
        await history(driver, task, label=f"{number}: history")
        return task if told >= many // 3 and in_time else None

    await attempts(driver, "an answer in many pieces", attempt, most=2)


def _pieces(number: int) -> Callable[[LiveEvent], bool]:
    """A predicate that becomes true after this number of content events, or at the end."""
    left = number

    def told(event: LiveEvent) -> bool:
        nonlocal left
        left -= event.type == "content"
        return left <= 0 or event.type in {"done", "error"}

    return told


@probe(seconds=4, concurrency=Concurrency.QUICK, capabilities=["files", "zip"])
async def large_event(driver: Driver) -> None:
    """A saved message of more than a megabyte, replayed to a quick and a pausing reader, without an agent."""
    word = nonce()
    # JSON uses six bytes for a control character and two for a quotation mark.
    message = f"{EASY} ({word})" + "\x01" * LARGE_TEXT
    form = Form({"message": message}, [FilePart(f"{word}.zip", _archive(word))])
    made = await driver.call("create_task", label="create", body=form)
    task = task_id(driver, made)
    await driver.call("cancel_task", label="cancel", path={"id": task})
    await poll(driver, task, FINAL, label="finished", timeout=10)
    pausing = await driver.open_stream(task, label="pausing")
    pausing.pause()
    await follow(driver, task, label="quick")
    await asyncio.sleep(PAUSE_SECONDS)
    pausing.resume()
    await pausing.finish(15)
    await history(driver, task, label="history")


def _archive(name: str) -> bytes:
    """Two hundred entries with long paths: the file list in the message grows large."""
    quotes = '"' * 190
    folder = "/".join([name, *[quotes] * 4])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(200):
            archive.writestr(f"{folder}/{quotes}{number:03d}.txt", b"x")
    return buffer.getvalue()


@probe(seconds=8, concurrency=Concurrency.QUICK)
async def connection_storm(driver: Driver) -> None:
    """Open a finished task's stream two hundred times and cut it off; then read it once more."""
    task = await created(driver, EASY, label="create_task")
    await follow(driver, task, label="run")
    await follow(driver, task, label="before")
    left = STORM

    async def cut() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            live = await driver.open_stream(task, label="cut off")
            live.hang_up(abruptly=True)

    await asyncio.gather(*(cut() for _ in range(AT_ONCE)))
    await follow(driver, task, label="after")
    await get(driver, task, label="task after")


@probe(seconds=4, concurrency=Concurrency.AGENT)
async def foreign_event_ids(driver: Driver) -> None:
    """Read a finished task with `Last-Event-ID` values of another task, and with odd ones."""
    mine, other = nonce(), driver.note("other", nonce())
    theirs = await created(driver, f"{EASY} ({other})", label="create other")
    driver.note("other task", theirs)
    heard = await follow(driver, theirs, label="other")
    task = await created(driver, f"{EASY} ({mine})", label="create")
    await follow(driver, task, label="control")
    await history(driver, task, label="history")
    values = [*heard.ids[:1], *heard.ids[-1:], theirs, "0", "1", "x" * 8192, "", "é\u2028"]
    for number, value in enumerate(values):
        await with_id(driver, task, value, f"finished {number}")


async def with_id(driver: Driver, task: str, value: str, label: str) -> None:
    """Read a task's stream with this `Last-Event-ID`."""
    # Header bytes travel as latin-1: the id's UTF-8 bytes one by one.
    header = (("Last-Event-ID", value.encode(errors="surrogatepass").decode("latin-1")),)
    live: LiveStream = await driver.open_stream(task, label=label, headers=header)
    await live.finish(driver.profile.answer_seconds)
