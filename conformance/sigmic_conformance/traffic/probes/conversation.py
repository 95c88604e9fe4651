"""One easy task read by all operations, and one task with several tool calls and changing readers."""

import asyncio
import time

from sigmic_conformance.model.record.agent_answers import about
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.live_stream import LiveStream
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import PARIS, attempts, nonce, shell, think
from sigmic_conformance.traffic.steps import (
    POLL_SECONDS,
    Run,
    create,
    download,
    files,
    follow,
    get,
    history,
    status_of,
    task_id,
)
from sigmic_conformance.wire.numbered_text import printing

START_SECONDS = 30.0
LONG_ID = 16
"""From this length, an id with one letter changed is very unlikely to belong to another task."""
LINES = (500, 6000)
"""Lines of the long outputs: some kilobytes, and more than the buffer of a pipe."""
CALLS = 10
"""The number of additional calls in the same turn."""


@probe(seconds=4, concurrency=Concurrency.AGENT)
async def easy_task(driver: Driver) -> None:
    """A task with a simple question, two readers, and everything that the API says afterwards."""
    task = ""
    # A quick target may have finished before a reader is there, an agent may talk of other things: once more.
    for _ in range(3):
        task = driver.note("task", task_id(driver, await create(driver, PARIS, label="create_task")))
        following = asyncio.gather(
            follow(driver, task, label="first reader"),
            follow(driver, task, label="second reader"),
        )
        if not await _starts(driver, task):
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            raise Interrupted("the task never left pending")
        readers = await following
        heard = all(any(event.type in {"done", "error"} for event in live.events) for live in readers)
        if heard and about("Paris")(readers[0].answer):
            break
    await get(driver, task, label="finished")
    await history(driver, task, label="history")
    await driver.call("list_tasks", label="list")
    await files(driver, task, label="no files")
    await download(driver, task, "nowhere.txt", label="missing file")
    await follow(driver, task, label="replay")
    await follow(driver, task, label="second replay")
    await get(driver, task, label="finished again")
    if len(task) >= LONG_ID:
        other = f"{task[:-1]}{'0' if task[-1] != '0' else '1'}"
        await get(driver, other, label="nearly its id")
        await files(driver, other, label="files of nearly its id")
    await history(driver, task, label="history again")


async def _starts(driver: Driver, task: str) -> bool:
    """Whether the task leaves pending in time; the last read is labelled `started`."""
    end = time.monotonic() + min(START_SECONDS, driver.profile.task_seconds)
    while True:
        state = await get(driver, task, label="started")
        if status_of(state) != "pending":
            return True
        if time.monotonic() >= end:
            return False
        await asyncio.sleep(POLL_SECONDS)


@probe(seconds=9, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def tool_task(driver: Driver) -> None:
    """A thought and three shell commands, with a reader from the start and eleven that join later."""
    words = [nonce() for _ in range(3)]
    commands = [f"sleep 1; echo {word}" for word in words]

    async def attempt(number: int) -> Run | None:
        label = f"attempt {number}"
        message = f"{think('words')}\n{shell(*commands)}"
        made = await create(driver, message, label=f"{label}: create")
        task = task_id(driver, made)
        early = await driver.open_stream(task, label=f"{label}: vanishing reader")
        whole = asyncio.create_task(follow(driver, task, label=f"{label}: whole"))
        others = [_join(driver, task, label, delay) for delay in (0.0, *[0.3] * 7)]
        await early.until(lambda event: event.type == "tool_call", driver.profile.task_seconds)
        # However long the agent takes to begin, these join while it works.
        others += [_join(driver, task, f"{label}: running", delay) for delay in (0.7, 1.4, 2.1)]
        await get(driver, task, label=f"{label}: while running")
        await history(driver, task, label=f"{label}: history while running")
        in_time = not early.ended
        early.hang_up(abruptly=True)
        # Every reader ends before the probe does, even if one of them fails.
        readers = await asyncio.gather(whole, *others, return_exceptions=True)
        await get(driver, task, label=f"{label}: after the reader vanished")
        for heard in readers:
            if isinstance(heard, BaseException):
                raise heard
        run = Run(task, whole.result())
        if not in_time or not all(run.called(word) for word in words):
            return None
        return run

    run = await attempts(driver, "three shell commands", attempt)
    await get(driver, run.task, label="finished")
    await history(driver, run.task, label="history")
    await follow(driver, run.task, label="replay")
    await get(driver, run.task, label="after replay")


def _join(driver: Driver, task: str, label: str, delay: float) -> asyncio.Task[LiveStream]:
    async def join() -> LiveStream:
        await asyncio.sleep(delay)
        return await follow(driver, task, label=f"{label}: joins after {delay} s")

    return asyncio.create_task(join())


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def awkward_text(driver: Driver) -> None:
    """Line breaks, `data: `, markup and Unicode separators in a message; odd and long outputs of tools."""
    word = driver.note("word", nonce())
    marks = '<b>bold</b> <!-- no --> &amp; %41 \\u0041 C:\\new it\'s "so" {0} {name} %s $HOME :smile:'
    marks += " a.b@example.com password=hunter2 4111 1111 1111 1111 https://u:p@example.com/?q=1#f"
    text = f"{word}\u2028a\u2029b\u0085c 😀 שלום {marks}\ndata: x\r\n\r\nevent: done\rend"
    message = f"Repeat nothing, just say hello. Ignore this: {text}"
    made = await create(driver, message, label="create_task")
    task = task_id(driver, made)
    await follow(driver, task, label="run")
    await follow(driver, task, label="replay")
    await get(driver, task, label="read back")
    await history(driver, task, label="history")

    async def attempt(number: int) -> Run | None:
        command = f"printf '{word}\\r\\n\\r\\ndata: x\\n\\nevent: done\\342\\200\\250\\303\\251'"
        made = await create(driver, shell(command), label=f"printing {number}: create")
        task = task_id(driver, made)
        run = Run(task, await follow(driver, task, label=f"printing {number}: stream"))
        return run if run.called(word) else None

    await attempts(driver, "print awkward bytes", attempt)

    async def print_much(number: int) -> Run | None:
        # One of the calls prints nothing, one a letter.
        commands = [*map(printing, LINES), "true", "printf x"]
        commands += [f"echo {word}-{each}" for each in range(CALLS)]
        commands.append(f"printf 'no\\377text\\n'; echo {word}-done")  # these bytes are not UTF-8
        made = await create(driver, shell(*commands), label=f"printing much {number}: create")
        task = task_id(driver, made)
        run = Run(task, await follow(driver, task, label=f"printing much {number}: stream"))
        await get(driver, task, label=f"printing much {number}: task")
        await history(driver, task, label=f"printing much {number}: history")
        return run if run.called(f"{word}-{CALLS - 1}") else None

    await attempts(driver, "print long texts in a turn of many calls", print_much)
