"""The long window: a command of three heartbeat intervals, with early, late and returning readers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.live_stream import LiveStream
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.probes.approve import asks
from sigmic_conformance.traffic.prompts import EASY, attempts, create_file, nonce, shell
from sigmic_conformance.traffic.steps import (
    Run,
    create,
    created,
    decide,
    files,
    follow,
    get,
    history,
    poll,
    run,
    say,
    status_of,
    task_id,
)
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.bodies import as_json
from sigmic_conformance.wire.transcript import Exchange

SETTLE_SECONDS = 4.0


@asynccontextmanager
async def measured(driver: Driver) -> AsyncIterator[None]:
    """Time small requests during a stream, to measure the noise that checks of times allow for."""
    trips: list[int] = []

    async def measure() -> None:
        while True:
            took = await driver.round_trip()
            if took is not None:
                trips.append(took)
            await asyncio.sleep(max(0.1, driver.profile.heartbeat_seconds / 30))

    measuring = asyncio.create_task(measure())
    try:
        yield
    finally:
        measuring.cancel()
        await asyncio.gather(measuring, return_exceptions=True)
        driver.note("round trips", trips)


def window(profile: Profile) -> float:
    """Three intervals and a second, plus the time a task needs to start."""
    return profile.window_seconds + SETTLE_SECONDS


AFTER_APPROVAL = 1.15
"""Intervals in which a heartbeat is due behind an approval."""


def parked(profile: Profile) -> float:
    """Three intervals and a second, roughly."""
    return (2 + AFTER_APPROVAL) * profile.heartbeat_seconds + 1 + SETTLE_SECONDS


@probe(seconds=window, concurrency=Concurrency.TIMING, capabilities=["tools"])
async def heartbeat_window(driver: Driver) -> None:
    """Listen for three heartbeat intervals while a command sleeps, again if cut off; then cancel the task.

    A task that ended before is read again afterwards: by then, a cache may have dropped it.
    """
    profile = driver.profile
    word = nonce()
    old = (await run(driver, EASY, label="old")).task
    await poll(driver, old, json_values.FINAL, label="old: before", timeout=10)
    await history(driver, old, label="old: history before")
    length = round(2 * profile.window_seconds + SETTLE_SECONDS + 5)

    async def attempt(number: int) -> tuple[str, LiveStream] | None:
        made = await create(driver, shell(f"sleep {length} && echo {word}"), label=f"create {number}")
        task = task_id(driver, made)
        live = await driver.open_stream(task, label="early")
        if live.held_back:
            await get(driver, task, label="meanwhile")
            return None
        called = await live.until(lambda event: event.calls(word), profile.task_seconds)
        return (task, live) if called is not None else None

    task, early = await attempts(driver, "a long shell command", attempt)
    async with measured(driver):
        is_cut = await _listen(driver, task, early)
    if is_cut:
        again = await driver.open_stream(task, label="after the cut")
        await again.end(profile.window_seconds)
        again.hang_up()
        await get(driver, task, label="after the second cut")
    body = as_json({"reason": "no longer needed", "status": "completed"})
    await driver.call("cancel_task", label="cancel with a body", path={"id": task}, body=body)
    await poll(driver, task, frozenset({"cancelled"}), label="after the cancellation", timeout=5)
    await get(driver, old, label="old: after")
    await history(driver, old, label="old: history after")
    await follow(driver, old, label="old: replay")


async def _listen(driver: Driver, task: str, early: LiveStream) -> bool:
    """Read beside other readers; return whether the server ended the stream of the unfinished task."""
    profile = driver.profile
    called_at = time.monotonic_ns()
    returning = await driver.open_stream(task, label="before the reset")
    await returning.marker(10)
    await asyncio.sleep(1)
    returning.hang_up(abruptly=True)
    returning = await driver.open_stream(task, label="reconnected")
    compressed = await driver.open_another(task, label="gzip", headers=(("Accept-Encoding", "gzip"),))
    await asyncio.sleep(max(0.0, profile.heartbeat_seconds - 6))
    late = await driver.open_another(task, label="late")
    others = {live: beats for live, beats in ((returning, 1.5), (compressed, 2), (late, 1.5)) if live}
    # On a busy machine the readers join late: each is read for its own time.
    end = max(
        called_at / 1e9 + profile.window_seconds,
        *(
            (live.connection.capture.head_at or 0) / 1e9 + beats * profile.heartbeat_seconds + 0.2
            for live, beats in others.items()
        ),
    )
    is_cut = await early.end(max(0.0, end - time.monotonic())) and not early.settled
    for live in (early, *others):
        live.hang_up()
    return is_cut


@probe(seconds=parked, concurrency=Concurrency.TIMING, capabilities=["approvals"])
async def heartbeat_while_waiting(driver: Driver) -> None:
    """Park a task on an approval, and read its stream for two intervals; approve, and read on.

    This is a second turn, if the task takes follow-ups. It is cancelled while its second call waits.
    """
    profile = driver.profile
    word = nonce()
    length = AFTER_APPROVAL * profile.heartbeat_seconds
    message = create_file(f"{word}.txt", word)
    if profile.offers("tools"):
        message = shell(f"sleep {length:.2f}; echo {word}", f"echo {word} > {word}.txt")

    async def attempt(number: int) -> tuple[str, LiveStream, Exchange] | None:
        first = EASY if number == 1 else message
        task = await created(driver, first, label=f"create {number}", autoExecute=False)
        if first is EASY:
            await follow(driver, task, label="first turn")
            if not (await say(driver, task, message, label="second turn")).ok:
                return None
        live = await driver.open_stream(task, label="parked")
        state = await poll(
            driver,
            task,
            frozenset({"awaiting_approval", "completed", "failed"}),
            label="state",
            timeout=profile.task_seconds,
        )
        return (task, live, state) if status_of(state) == "awaiting_approval" else None

    task, live, state = await attempts(driver, "a waiting approval", attempt)
    async with measured(driver):
        await live.end(2 * profile.heartbeat_seconds + 1)
        if profile.offers("tools"):
            calls = {call for call in state.pending_calls if call}
            for call in calls:
                await decide(driver, task, call, "proceed_once", label="approve")
            await live.until(lambda event: asks(event) and event.call not in calls, length + SETTLE_SECONDS)
            state = await get(driver, task, label="the second call")
    live.hang_up()
    cancelled = await driver.call("cancel_task", label="cancel", path={"id": task})
    await poll(driver, task, frozenset({"cancelled"}), label="after the cancellation", timeout=5)
    if cancelled.ok:
        # A decision that comes too late starts nothing.
        for waiting in json_values.objects(state.fields.get("pendingApprovals")):
            call = json_values.word(waiting.get("callId"))
            await decide(driver, task, call, "proceed_once", label="approve too late")
    await files(driver, task, label="files after the cancellation")


def busy(profile: Profile) -> float:
    """Two and a third intervals."""
    return 7 * profile.heartbeat_seconds / 3 + SETTLE_SECONDS


@probe(seconds=busy, concurrency=Concurrency.TIMING, capabilities=["tools"])
async def heartbeat_among_events(driver: Driver) -> None:
    """Read a stream of seven commands, each of a third of an interval: more events than heartbeats."""
    word = nonce()
    pause = max(0.1, driver.profile.heartbeat_seconds / 3)
    commands = [f"sleep {pause:.2f}; echo {word}-{number}" for number in range(7)]

    async def attempt(number: int) -> Run | None:
        async with measured(driver):
            made = await run(driver, shell(*commands), label=f"busy {number}")
        capture = made.live.connection.capture
        listened = (capture.ended - (capture.head_at or capture.ended)) / 1e9
        in_time = listened >= 2 * driver.profile.heartbeat_seconds
        return made if made.called(f"{word}-6") and in_time else None

    await attempts(driver, "seven short commands", attempt, most=2)
