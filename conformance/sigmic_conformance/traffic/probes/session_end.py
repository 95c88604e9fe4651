"""What an expiry ends and what it does not: secrets, approvals for good, processes, and a running task."""

import asyncio

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, Requires, probe
from sigmic_conformance.traffic.probes.approve import asks, parked
from sigmic_conformance.traffic.probes.session import expiry, session_of
from sigmic_conformance.traffic.prompts import EASY, attempts, digest_of, nonce, shell
from sigmic_conformance.traffic.session_expiry import expire
from sigmic_conformance.traffic.steps import (
    Run,
    ask,
    created,
    decide,
    download,
    follow,
    get,
    history,
    poll,
    run,
    say,
)
from sigmic_conformance.wire.json_values import FINAL

WAITS = (Requires.WRITES, Requires.EXPIRY)
BESIDE_SECONDS = 0.2
DIGEST = 'printf %s "$KEPT_WORD" | sha256sum'


@probe(
    seconds=expiry,
    concurrency=Concurrency.TIMING,
    capabilities=["sessions", "tools", "environment"],
    requires=WAITS,
)
async def secrets_restored(driver: Driver) -> None:
    """Two tasks with a secret, one with a script, one with a process left running; let both expire."""
    secret, word = f"canary-{nonce()}-{nonce()}", nonce()
    driver.redactor.learn(secret)
    driver.note("kept", digest_of(secret))
    driver.note("gone", digest_of(""))
    beat = f"beat-{word}.txt"
    background = (
        f"(while :; do echo beat >> {beat}; sleep 0.2; done) >/dev/null 2>&1 & sleep 0.6; echo started"
    )
    look = f"ls -1dF {word}.sh .{word} {word}.link {word}.empty"
    make = f"touch {word}.sh .{word}; chmod +x {word}.sh; ln -s {word}.sh {word}.link; mkdir {word}.empty"

    async def one(name: str, *commands: str) -> None:
        async def first(number: int) -> Run | None:
            label = driver.note(f"{name}: first", f"{name}: first {number}")
            made = await run(driver, shell(*commands), label=label, secrets={"KEPT_WORD": secret})
            return made if made.called("KEPT_WORD") else None

        task = (await attempts(driver, f"{name}: print a digest", first)).task
        if name == "one":
            await get(driver, task, label="one: first: task")
            await ask(driver, task, shell("echo soon"), label="one: soon")
            await get(driver, task, label="one: soon: task")
        else:
            await download(driver, task, beat, label="beat at first")
        before = await get(driver, task, label=f"{name}: before")
        await expire(driver, task, session_of(before))
        if name == "two":
            await download(driver, task, beat, label="beat expired")
            await asyncio.sleep(1)
            await download(driver, task, beat, label="beat still expired")

        async def again(number: int) -> Run | None:
            label = driver.note(f"{name}: restored", f"{name}: restored {number}")
            done = Run(task, await ask(driver, task, shell(DIGEST, look), label=label))
            return done if done.called("KEPT_WORD") else None

        await attempts(driver, f"{name}: print a digest again", again)
        await get(driver, task, label=f"{name}: after")

    await asyncio.gather(one("one", DIGEST, make, look), one("two", DIGEST, background))


@probe(
    seconds=expiry,
    concurrency=Concurrency.TIMING,
    capabilities=["sessions", "tools", "approvals"],
    requires=WAITS,
)
async def approval_restored(driver: Driver) -> None:
    """Approve a tool for good, let the session expire, and have the tool called again."""
    first, second = nonce(), nonce()
    task, live, call = await parked(driver, shell(f"echo {first}"), word=first, label="always")
    answer = await decide(driver, task, call, "proceed_always", label="approve always")
    if not answer.ok:
        return
    await live.finish(driver.profile.task_seconds)
    await expire(driver, task, session_of(await get(driver, task, label="before")))
    driver.require(await say(driver, task, shell(f"echo {second}"), label="restored: message"))
    again = await driver.open_stream(task, label="restored: stream")
    await again.until(
        lambda event: (
            event.type in {"done", "error", "tool_result"} or (asks(event) and event.mentions(second))
        ),
        30,
    )
    again.hang_up()
    await get(driver, task, label="after")


@probe(seconds=expiry, concurrency=Concurrency.TIMING, capabilities=["sessions"], requires=WAITS)
async def restored_at_once(driver: Driver) -> None:
    """Let a session expire, and send two follow-ups at the same time."""
    task = (await run(driver, EASY, label="first")).task
    await expire(driver, task, session_of(await get(driver, task, label="before")))
    sent = (say(driver, task, f"What is {number}+{number}?", label=f"message {number}") for number in (2, 3))
    await asyncio.gather(*sent)
    await follow(driver, task, label="stream")
    await poll(driver, task, FINAL, label="after", timeout=driver.profile.task_seconds)
    await history(driver, task, label="history")


@probe(seconds=expiry, concurrency=Concurrency.TIMING, capabilities=["sessions", "tools"], requires=WAITS)
async def busy_session(driver: Driver) -> None:
    """A command that runs for longer than a session may be idle."""
    word = nonce()
    seconds = round(driver.profile.session_expiry_seconds or 0) + 1
    task = await created(
        driver, shell(f"echo {word} > {word}.txt; sleep {seconds}; cat {word}.txt"), label="create_task"
    )
    live = await driver.open_stream(task, label="stream")
    await live.until(lambda event: event.type in {"done", "error", "tool_call"}, driver.profile.task_seconds)
    reading = asyncio.create_task(get(driver, task, label="running"))
    try:
        while not reading.done():
            # Whether the task's own answer waits shows beside others that don't.
            await driver.call("list_tasks", label="beside", query={"limit": "1"})
            await asyncio.sleep(BESIDE_SECONDS)
        await reading
    finally:
        reading.cancel()
    await live.finish(driver.profile.task_seconds + seconds)
    await get(driver, task, label="after")
    await follow(driver, task, label="replay")
