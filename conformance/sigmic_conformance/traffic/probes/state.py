"""States of a task: pending, followed up while slow, failing, delegating to a subagent."""

import asyncio
from typing import Any

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Missed
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import (
    ATTEMPTS,
    EASY,
    attempts,
    count,
    nonce,
    of_a_subagent,
    shell,
)
from sigmic_conformance.traffic.steps import (
    Run,
    create,
    created,
    follow,
    get,
    history,
    poll,
    run,
    say,
    status_of,
    task_id,
)
from sigmic_conformance.wire.bodies import as_json
from sigmic_conformance.wire.json_values import FINAL

SLOW_SECONDS = 2
SPOKEN_SECONDS = 1.3
"""After this time, a read of the task must have text that a reader received at the beginning of it."""
PIECES = 300
"""More than a usual queue of events has room for."""
FORBIDDEN = {"env": {"LATER": "x"}, "secrets": {"LATER": "x"}, "autoExecute": False, "systemPrompt": "x"}


@probe(seconds=3, concurrency=Concurrency.AGENT)
async def pending_task(driver: Driver) -> None:
    """Read a task right after its creation, open its stream while it is pending, and follow it.

    The only reader of a second task leaves while it is pending, so its answer of many pieces has no reader.
    """
    await asyncio.gather(_followed(driver), _left_alone(driver))


async def _followed(driver: Driver) -> None:
    """On a busy machine a task may be read too late: then another one is created."""
    task = ""
    for number in range(1, ATTEMPTS + 1):
        task = await created(driver, EASY, label=f"attempt {number}: create_task")
        told = await get(driver, task, label=f"attempt {number}: right after the creation")
        if status_of(told) == "pending":
            break
    await follow(driver, task, label="run")
    await poll(driver, task, FINAL, label="finished", timeout=10)


async def _left_alone(driver: Driver) -> None:
    task = await created(driver, count(PIECES), label="left alone: create_task")
    live = await driver.open_stream(task, label="left alone: reader")
    live.hang_up()
    await poll(driver, task, FINAL, label="left alone", timeout=driver.profile.task_seconds)


@probe(seconds=10, concurrency=Concurrency.AGENT, capabilities=["tools", "environment"])
async def slow_follow_up(driver: Driver) -> None:
    """A follow-up of some seconds on a task with variables: its response, and what others show during it."""
    word = nonce()
    command = f'sleep {SLOW_SECONDS}; echo "again $FOLLOWED"'
    message = f"{shell(command)}\nThen {count(400).lower()}"

    async def attempt(number: int) -> Run | None:
        first = await run(
            driver,
            EASY,
            label=f"first {number}",
            env={"FOLLOWED": word},
            systemPrompt=f"Mark {word}.",
            showInHistory=False,
        )
        task = first.task
        await poll(driver, task, FINAL, label="before", timeout=10)
        await history(driver, task, label="history before")
        for name, value in FORBIDDEN.items():
            body = as_json({"message": f"{EASY} ({name})", name: value})
            asked = await driver.call("send_message", label=f"field: {name}", path={"id": task}, body=body)
            if asked.succeeded:
                # Accepted, and perhaps ignored: then it runs, and the rest would only cost turns.
                await follow(driver, task, label=f"run with {name}")
                break
        await history(driver, task, label="history after fields")
        await poll(driver, task, FINAL, label="before the follow-up", timeout=10)
        driver.require(await say(driver, task, message, label="follow-up"))
        await get(driver, task, label="right after")
        live = await driver.open_stream(task, label="run of follow-up")
        await live.until(lambda event: event.type in {"tool_call", "done", "error"}, 20)
        await get(driver, task, label="meanwhile")
        await live.until(lambda event: event.type in {"tool_result", "done", "error"}, 20)
        await asyncio.sleep(SPOKEN_SECONDS)
        await get(driver, task, label="speaking")
        await live.finish(driver.profile.task_seconds)
        again = Run(task, live)
        return again if again.called("FOLLOWED") else None

    made = await attempts(driver, "a command in a follow-up", attempt, most=2)
    await poll(driver, made.task, FINAL, label="after", timeout=10)
    await get(driver, made.task, label="at the end")
    await history(driver, made.task, label="history after")


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def failing_task(driver: Driver) -> None:
    """Ask a task to fail, read it, and follow it up. A real model may not be able to fail."""
    word = nonce()
    # The command gives a reader the time to come.
    message = f"{shell('sleep 2')}\nThen fail with the message: stopped on purpose {word}"
    task = task_id(driver, await create(driver, message, label="create_task"))
    await follow(driver, task, label="run")
    final = await poll(driver, task, FINAL, label="failed", timeout=10)
    if status_of(final) != "failed":
        raise Missed(f"the task did not fail, it is {status_of(final)}")
    await history(driver, task, label="history")
    await say(driver, task, EASY, label="follow-up")
    await follow(driver, task, label="run of follow-up")
    await poll(driver, task, FINAL, label="after", timeout=10)


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["tools", "subagents"])
async def subagents(driver: Driver) -> None:
    """Have a subagent do something while two readers follow, and print a secret."""
    word, secret = nonce(), f"canary-{nonce()}-{nonce()}"
    hidden: dict[str, Any] = (
        {"secrets": {"SECRET_WORD": secret}} if driver.profile.offers("environment") else {}
    )
    driver.redactor.learn(secret)
    message = of_a_subagent(f'sleep 2; echo "{word} $SECRET_WORD"')

    async def attempt(number: int) -> Run | None:
        label = f"delegating {number}"
        task = await created(driver, message, label=f"{label}: create", **hidden)
        live, _ = await asyncio.gather(
            *(follow(driver, task, label=f"{label}: {name}") for name in ("stream", "second stream"))
        )
        started = any(event.type == "subagent_start" for event in live.events)
        return Run(task, live) if started else None

    await attempts(driver, "a subagent", attempt, most=2)
