"""Cancelling tasks that run, wait, or are finished."""

import asyncio
import time
from collections.abc import Callable, Sequence

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.live_stream import LiveEvent, LiveStream
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import (
    EASY,
    attempts,
    nonce,
    of_a_subagent,
    shell,
    together,
)
from sigmic_conformance.traffic.steps import (
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
from sigmic_conformance.wire.json_values import FINAL
from sigmic_conformance.wire.transcript import Exchange

SLEEP_SECONDS = 4
BEGUN_SECONDS = 0.5
"""The wait after a command's call, so that it is running when it is cancelled."""
DONE_SECONDS = 0.5
"""A refused cancellation was late if the command's end arrives this soon; else the refusal is wrong."""


async def too_late(answer: Exchange, stream: LiveStream) -> bool:
    """Whether the task ended before its cancellation, or the cancellation was refused because it had.

    This happens on a busy machine; a cancellation accepted then may have no effect (G-71).
    """
    heard = stream.connection.capture
    if stream.ended and heard.ended < answer.started:
        return True
    return answer.refused and await stream.until(lambda event: event.type == "done", DONE_SECONDS) is not None


AT_ONCE_SECONDS = 1.0
"""Calls that the agent makes together are received within this time."""
TWO_COMMANDS, A_SUBAGENT, A_LATER_TURN = "two commands", "a subagent", "a later turn"


async def cancelled_beside(driver: Driver, kind: str, word: str) -> str | None:
    """Cancel a task twice in parallel while it runs two commands, or one of a subagent or of its second turn.

    None if no command was running, or it was not cancelled. An agent may run the commands in sequence.
    """
    names = [f"{name}-{word}.txt" for name in ("one", "other")]
    command, other = (f"sleep {SLEEP_SECONDS}; echo {word} > {name}" for name in names)
    # A process of the other's shell does the work: it must end even if only the shell is known.
    commands = [command, f"({other}) & wait"]
    asks = {TWO_COMMANDS: together(*commands), A_SUBAGENT: of_a_subagent(commands[0])}
    task = task_id(driver, await create(driver, asks.get(kind, EASY), label=f"create: {kind}"))
    if kind == A_LATER_TURN:
        await follow(driver, task, label=f"first turn: {kind}")
        if not (await say(driver, task, shell(commands[0]), label=f"say: {kind}")).ok:
            return None
    stream = await driver.open_stream(task, label=f"stream: {kind}")
    at_work = await stream.until(works_at(names), driver.profile.task_seconds)
    for name in names if at_work and kind == TWO_COMMANDS else ():
        await stream.until(works_at([name]), AT_ONCE_SECONDS)
    await asyncio.sleep(BEGUN_SECONDS)
    answers = await asyncio.gather(
        *(
            driver.call("cancel_task", label=f"cancel: {kind}{again}", path={"id": task})
            for again in ("", ", concurrently")
        )
    )
    answer = next((each for each in answers if each.ok), answers[0])
    cancelled = at_work is not None and answer.ok and not await too_late(answer, stream)
    stream.hang_up()
    return task if cancelled else None


def works_at(names: Sequence[str]) -> Callable[[LiveEvent], bool]:
    """A predicate for a call whose command names one of these files, or any call of a subagent."""
    return lambda event: event.type == "subagent_tool" or any(event.calls(name) for name in names)


@probe(seconds=9, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def cancel_running(driver: Driver) -> None:
    """Cancel a task in the middle of its second command while its stream is read; wait for what must not be.

    The first command creates a file and is over by then, even on a busy machine. Other tasks are cancelled
    while two commands run in parallel, in their second turn, and during a subagent's command.
    """
    word = nonce()

    async def attempt(number: int) -> str | None:
        length = driver.note("seconds", SLEEP_SECONDS * number)
        before, after = f"echo {word} > before-{word}.txt", f"sleep {length}; echo {word} > after-{word}.txt"
        asked = await create(driver, shell(before, after), label=f"create {number}")
        task = task_id(driver, asked)
        stream = await driver.open_stream(task, label=f"stream {number}")
        called = await stream.until(
            lambda event: event.calls(f"after-{word}"),
            driver.profile.task_seconds,
        )
        if called is None:
            return None
        await asyncio.sleep(BEGUN_SECONDS)
        if status_of(await get(driver, task, label="before the cancellation")) in FINAL:
            return None
        answer = await driver.call("cancel_task", label="cancel", path={"id": task})
        if await too_late(answer, stream):
            return None
        await stream.finish(10)
        return task

    task = await attempts(driver, "a running command", attempt)
    await poll(driver, task, frozenset({"cancelled"}), label="cancelled", timeout=10)
    await driver.call("cancel_task", label="cancel again", path={"id": task})
    await get(driver, task, label="after second cancel")
    kinds = [TWO_COMMANDS, A_LATER_TURN, *([A_SUBAGENT] if driver.profile.offers("subagents") else [])]
    beside = await asyncio.gather(*(cancelled_beside(driver, kind, nonce()) for kind in kinds))
    await asyncio.sleep(driver.noted("seconds") + 0.5)
    await files(driver, task, label="files")
    for kind, other in zip(kinds, beside, strict=True):
        if other is not None:
            await files(driver, other, label=f"files: {kind}")
    await history(driver, task, label="history")
    await get(driver, task, label="at the end")


@probe(seconds=5, concurrency=Concurrency.AGENT)
async def cancel_finished(driver: Driver) -> None:
    """Cancel a task that has completed, and one right after its creation; its command must make no file."""
    word = nonce()
    early = await created(
        driver, shell(f"sleep {SLEEP_SECONDS}; echo {word} > {word}.txt"), label="create early"
    )
    until = time.monotonic() + SLEEP_SECONDS + BEGUN_SECONDS
    await driver.call("cancel_task", label="cancel early", path={"id": early})
    task = await created(driver, EASY, label="create_task")
    await follow(driver, task, label="run")
    await poll(driver, task, frozenset({"completed", "failed"}), label="before", timeout=10)
    await driver.call("cancel_task", label="cancel", path={"id": task})
    await get(driver, task, label="after")
    await poll(driver, early, frozenset({"cancelled"}), label="early after", timeout=10)
    await say(driver, early, EASY, label="follow-up on the cancelled")
    await follow(driver, early, label="run of the cancelled")
    await poll(
        driver,
        early,
        frozenset({"completed", "failed"}),
        label="cancelled, followed up",
        timeout=10,
    )
    await asyncio.sleep(max(0.0, until - time.monotonic()))
    await files(driver, early, label="files of the cancelled")
