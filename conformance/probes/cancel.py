"""Cancelling tasks that run, wait, or are finished."""

import asyncio

from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.live_stream import LiveStream
from sigmic_conformance.conformance.probing.prompts import EASY, PAUSE_SECONDS, attempts, nonce, shell
from sigmic_conformance.conformance.probing.steps import (
    FINAL,
    create,
    created,
    files,
    follow,
    get,
    history,
    poll,
    say,
    status_of,
    task_id,
)
from sigmic_conformance.conformance.registry import Concurrency, probe
from sigmic_conformance.conformance.transcript.transcript import Exchange

SLEEP_SECONDS = 4
DONE_SECONDS = 0.5
"""A refused cancellation was late when the command's end is heard so soon; else the refusal is wrong."""


async def too_late(answer: Exchange, stream: LiveStream) -> bool:
    """Whether a cancellation was refused because the task was over by then, as on a busy machine."""
    return answer.refused and await stream.until(lambda event: event.type == "done", DONE_SECONDS) is not None


@probe(seconds=9, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def cancel_running(driver: Driver) -> None:
    """Cancel a task in the middle of a command while its stream is read; wait for what must not happen."""
    word = driver.facts["word"] = nonce()

    async def attempt(number: int) -> str | None:
        length = driver.facts["seconds"] = SLEEP_SECONDS * number
        command = f"echo {word} > before-{word}.txt; sleep {length}; echo {word} > after-{word}.txt"
        task = task_id(driver, await create(driver, shell(command), label=f"create {number}"))
        stream = await driver.open_stream(task, label=f"stream {number}")
        called = await stream.until(
            lambda event: event.type == "tool_call" and word in event.data, driver.profile.task_seconds
        )
        if called is None:
            return None
        # A further attempt begins with a pause (`attempts`): the first file must be there.
        await asyncio.sleep(0.5 + PAUSE_SECONDS * (number - 1))
        if status_of(await get(driver, task, label="before the cancellation")) in FINAL:
            return None
        answer = await driver.call("cancel_task", label="cancel", path={"id": task})
        if await too_late(answer, stream):
            return None
        driver.facts["stream"] = f"stream {number}"
        await stream.end(10)
        stream.hang_up()
        return task

    task = await attempts(driver, "a running command", attempt)
    driver.facts["task"] = task
    await poll(driver, task, frozenset({"cancelled"}), label="cancelled", timeout=10)
    await driver.call("cancel_task", label="cancel again", path={"id": task})
    await get(driver, task, label="after second cancel")
    await asyncio.sleep(driver.facts["seconds"] + 0.5)
    await files(driver, task, label="files")
    await history(driver, task)
    await get(driver, task, label="at the end")


@probe(seconds=2, concurrency=Concurrency.AGENT)
async def cancel_finished(driver: Driver) -> None:
    """Cancel a task that has completed, and one right after its creation."""
    task = await created(driver, EASY)
    await follow(driver, task, label="run")
    await poll(driver, task, frozenset({"completed", "failed"}), label="before", timeout=10)
    await driver.call("cancel_task", label="cancel", path={"id": task})
    await get(driver, task, label="after")
    early = await created(driver, shell("sleep 3"), label="create early")
    await driver.call("cancel_task", label="cancel early", path={"id": early})
    await poll(driver, early, frozenset({"cancelled"}), label="early after", timeout=10)
    await say(driver, early, EASY, label="follow-up on the cancelled")
    await follow(driver, early, label="run of the cancelled")
    await poll(driver, early, frozenset({"completed", "failed"}), label="cancelled, followed up", timeout=10)
