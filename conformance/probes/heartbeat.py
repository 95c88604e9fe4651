"""The long window: a command of three heartbeat intervals, heard by early, late and returning readers."""

import asyncio
import time

from conformance.driver import Driver
from conformance.live import LiveStream
from conformance.registry import Lane, probe
from conformance.steering import attempts, create_file, nonce, shell
from conformance.steps import create, poll, status_of, task_id
from conformance.target import Profile

SETTLE_SECONDS = 4.0


def window(profile: Profile) -> float:
    """Three intervals and a second, beside the time a task needs to start."""
    return profile.window_seconds + SETTLE_SECONDS


def parked(profile: Profile) -> float:
    """Two intervals and a second."""
    return 2 * profile.heartbeat_seconds + 1 + SETTLE_SECONDS


@probe(seconds=window, lane=Lane.TIMING, capabilities=["tools"])
async def heartbeat_window(driver: Driver) -> None:
    """Listen for three heartbeat intervals while a command sleeps; then cancel the task."""
    profile = driver.profile
    word = driver.facts["word"] = nonce()
    length = round(profile.window_seconds + SETTLE_SECONDS + 5)

    async def attempt(number: int) -> tuple[str, LiveStream] | None:
        made = await create(driver, shell(f"sleep {length} && echo {word}"), label=f"create {number}")
        task = task_id(driver, made)
        live = await driver.open_stream(task, label="early")
        called = await live.until(
            lambda event: event.type == "tool_call" and word in event.data, profile.task_seconds
        )
        return (task, live) if called is not None else None

    task, early = await attempts(driver, "a long shell command", attempt)
    driver.facts["task"] = task
    driver.facts["called at"] = time.monotonic_ns()
    returning = await driver.open_stream(task, label="before the reset")
    await returning.marker(10)
    await asyncio.sleep(1)
    returning.hang_up(abruptly=True)
    returning = await driver.open_stream(task, label="reconnected")
    compressed = await driver.open_stream(task, label="gzip", headers=(("Accept-Encoding", "gzip"),))
    await asyncio.sleep(max(0.0, profile.heartbeat_seconds - 6))
    late = await driver.open_stream(task, label="late")
    await early.end(max(0.0, driver.facts["called at"] / 1e9 + profile.window_seconds - time.monotonic()))
    for live in (early, returning, compressed, late):
        live.hang_up()
    await driver.call("cancel_task", label="cancel", path={"id": task})


@probe(seconds=parked, lane=Lane.TIMING, capabilities=["approvals"])
async def heartbeat_while_waiting(driver: Driver) -> None:
    """Park a task on an approval and listen to its silence for two intervals."""
    profile = driver.profile
    word = driver.facts["word"] = nonce()

    async def attempt(number: int) -> tuple[str, LiveStream] | None:
        made = await create(
            driver, create_file(f"{word}.txt", word), label=f"create {number}", autoExecute=False
        )
        task = task_id(driver, made)
        live = await driver.open_stream(task, label="parked")
        state = await poll(
            driver,
            task,
            frozenset({"awaiting_approval", "completed", "failed"}),
            label="state",
            timeout=profile.task_seconds,
        )
        return (task, live) if status_of(state) == "awaiting_approval" else None

    task, live = await attempts(driver, "a waiting approval", attempt)
    driver.facts["parked at"] = time.monotonic_ns()
    await live.end(2 * profile.heartbeat_seconds + 1)
    live.hang_up()
    await driver.call("cancel_task", label="cancel", path={"id": task})
