"""Approvals: nothing before the decision, and what each of the three answers does."""

import asyncio

from sigmic_conformance.model.calls import has_message
from sigmic_conformance.traffic.callers import bearer
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted, describe
from sigmic_conformance.traffic.live_stream import LiveEvent, LiveStream
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import EASY, attempts, create_file, nonce, shell
from sigmic_conformance.traffic.steps import (
    create,
    decide,
    download,
    files,
    follow,
    get,
    history,
    paths_of,
    poll,
    run,
    say,
    status_of,
    task_id,
)
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.bodies import as_json


async def parked(driver: Driver, message: str, *, word: str, label: str) -> tuple[str, LiveStream, str]:
    """Create a task that must ask, and return it, its stream and the waiting call's id."""
    seconds = driver.profile.task_seconds

    async def attempt(_: int) -> tuple[str, LiveStream, str] | None:
        made = await create(driver, message, label=f"{label}: create", autoExecute=False)
        task = task_id(driver, made)
        live = await driver.open_stream(task, label=f"{label}: stream")
        asked = await live.until(
            lambda event: event.type in {"done", "error"} or runs(event, word),
            seconds,
        )
        if asked is None or asked.type != "tool_call":
            live.hang_up()
            return None
        return (task, live, asked.call) if asked.field("callId") else None

    return await attempts(driver, f"{label}: a call that asks", attempt)


def asks(event: LiveEvent) -> bool:
    """True for a tool_call that waits for an approval, its payload flat or wrapped (X-01)."""
    return event.type == "tool_call" and event.field("status") == "awaiting_approval"


def runs(event: LiveEvent, word: str) -> bool:
    """True for the call of a command with this word; another tool may get the message that asks for it."""
    return event.calls(word) and (asks(event) or not has_message(event.data))


async def next_asked(live: LiveStream, seen: set[str], seconds: float) -> LiveEvent | None:
    """The next call that waits for a decision; None at the end of the run."""

    def said(event: LiveEvent) -> bool:
        if event.type in {"done", "error"}:
            return True
        return asks(event) and event.call not in seen

    found = await live.until(said, seconds)
    return found if found is not None and found.type == "tool_call" else None


async def _bad_answers(driver: Driver, task: str, call: str, *, another: str) -> None:
    """Answer a waiting call with nonsense, under other ids and paths, and with a read-only key."""
    path = {"id": task, "callId": call}
    await driver.call(
        "approve_tool_call", label="bad: outcome", path=path, body=as_json({"outcome": "maybe"})
    )
    bodies: dict[str, object] = {
        "number": {"outcome": 1},
        "list": {"outcome": ["proceed_once"]},
        "object": {"outcome": {"proceed_once": True}},
        "null": {"outcome": None},
        "list as body": ["proceed_once"],
    }
    for what, body in bodies.items():
        await driver.call("approve_tool_call", label=f"bad: {what}", path=path, body=as_json(body))
    await driver.call("approve_tool_call", label="bad: no outcome", path=path, body=as_json({}))
    await driver.call("approve_tool_call", label="bad: no body", path=path)
    await decide(driver, task, "no-such-call", "proceed_once", label="bad: unknown call")
    if len(call) > 1:
        await decide(driver, task, call[:-1], "proceed_once", label="bad: nearly its id")
    await decide(driver, another, call, "proceed_once", label="bad: another task's path")
    if (key := driver.credentials.roles.get("viewer")) is not None:
        reader = bearer("viewer", key)
        await decide(driver, task, call, "proceed_once", label="bad: viewer", caller=reader)


@probe(seconds=6, concurrency=Concurrency.AGENT, capabilities=["approvals", "tools"])
async def approve_once(driver: Driver) -> None:
    """Two calls, each answered `proceed_once`, one twice concurrently; bad answers, and two late readers."""
    first, second = nonce(), nonce()
    other = await run(driver, EASY, label="another task")
    task, live, call = await parked(
        driver,
        shell(f"echo {first} | tee -a {first}.txt", f"sleep 2; echo {second} | tee -a {second}.txt"),
        word=first,
        label="once",
    )
    await poll(driver, task, frozenset({"awaiting_approval"}), label="waiting", timeout=10)
    late = await driver.open_stream(task, label="joins while waiting")
    await late.until(lambda event: event.type == "tool_call", 3)
    await files(driver, task, label="files while waiting")
    await _bad_answers(driver, task, call, another=other.task)
    await asyncio.sleep(0.5)
    await get(driver, task, label="still waiting")
    approved = await decide(driver, task, call, "proceed_once", label="approve")
    if not approved.ok:
        # The call would wait without a time limit, and so would the rest of this probe.
        raise Interrupted(f"the approval was refused: {describe(approved)}")
    await live.until(
        lambda event: event.type in {"tool_result", "done", "error"} or runs(event, second),
        driver.profile.task_seconds,
    )
    await decide(driver, task, call, "proceed_once", label="approve again")
    next_call = await live.until(lambda event: runs(event, second), driver.profile.task_seconds)
    if next_call is not None and next_call.field("callId"):
        await poll(
            driver,
            task,
            frozenset({"awaiting_approval", "completed"}),
            label="second waiting",
            timeout=10,
        )
        await asyncio.gather(
            *(
                decide(driver, task, next_call.call, "proceed_once", label=label)
                for label in ("approve second", "approve second, concurrently")
            )
        )
        # Not every target reports that a call runs.
        await live.until(lambda event: event.call == next_call.call and not asks(event), 0.5)
        later = await driver.open_stream(task, label="joins while it runs")
        await later.finish(driver.profile.task_seconds)
    await live.finish(driver.profile.task_seconds)
    await late.finish(10)
    await poll(driver, task, frozenset({"completed", "failed"}), label="finished", timeout=10)
    await decide(driver, task, call, "proceed_once", label="approve after the end")
    # A file tool needs its own approval.
    if (await say(driver, task, create_file(f"{second}-file.txt", second), label="create a file")).ok:
        live = await driver.open_stream(task, label="the file: stream")
        if asked := await next_asked(live, {call, *((next_call.call,) if next_call else ())}, 10):
            await decide(driver, task, asked.call, "proceed_once", label="the file: approve")
        await live.finish(driver.profile.task_seconds)
    await history(driver, task, label="history")
    made = paths_of(await files(driver, task, label="files at the end"))
    for file in (each for each in made if first in each or second in each):
        await download(driver, task, file, label="a call's file")


@probe(seconds=6, concurrency=Concurrency.AGENT, capabilities=["approvals", "tools"])
async def approve_cancel(driver: Driver) -> None:
    """Refuse a call that would make a file, and look for the file; approve a call, and refuse its like."""
    word = nonce()
    task, live, call = await parked(driver, shell(f"echo {word} > {word}.txt"), word=word, label="refused")
    await decide(driver, task, call, "cancel", label="cancel the call")
    await live.finish(driver.profile.task_seconds)
    await poll(driver, task, json_values.FINAL, label="finished", timeout=10)
    await files(driver, task, label="files")
    await history(driver, task, label="history")
    again = nonce()
    command = f"echo {again} >> {again}.txt"
    if not (await say(driver, task, shell(command, command), label="the same twice")).ok:
        return
    live = await driver.open_stream(task, label="the same twice: stream")
    answered: set[str] = set()
    for outcome in ("proceed_once", "cancel"):
        asked = await next_asked(live, answered, driver.profile.task_seconds)
        if asked is not None:
            answered.add(asked.call)
            await decide(driver, task, asked.call, outcome, label=f"the same twice: {outcome}")
    await live.finish(driver.profile.task_seconds)
    await get(driver, task, label="the same twice: task")


@probe(seconds=6, concurrency=Concurrency.AGENT, capabilities=["approvals", "tools"])
async def approve_always(driver: Driver) -> None:
    """Answer the first of two calls of one tool with `proceed_always`, by the id from get_task.

    A follow-up has a third call, which the answer also covers.
    """
    first, second = nonce(), nonce()
    task, live, call = await parked(
        driver,
        shell(*(f"echo {each} | tee {each}.txt" for each in (first, second))),
        word=first,
        label="always",
    )
    state = await poll(driver, task, frozenset({"awaiting_approval"}), label="waiting", timeout=10)
    if status_of(state) != "awaiting_approval":
        raise Interrupted("the task does not say that it awaits an approval")
    pending = json_values.objects(state.data.get("pendingApprovals"))
    first_pending = pending[0].get("callId") if pending else None
    told = str(first_pending or call)
    answer = await decide(driver, task, told, "proceed_always", label="approve always")
    if not answer.ok and told != call:
        answer = await decide(driver, task, call, "proceed_always", label="approve always by the stream's id")
    await get(driver, task, label="right after")
    over = None
    if answer.ok:
        over = await live.until(
            lambda event: event.type in {"done", "error"} or (asks(event) and event.mentions(second)),
            min(30.0, driver.profile.task_seconds),
        )
    if over is None or over.type == "tool_call":
        return
    await live.finish(10)
    await poll(driver, task, json_values.FINAL, label="finished", timeout=10)
    await follow(driver, task, label="replay")
    later = nonce()
    if not (await say(driver, task, shell(f"echo {later} | tee {later}.txt"), label="follow-up")).ok:
        return
    live = await driver.open_stream(task, label="follow-up: stream")
    if await next_asked(live, set(), driver.profile.task_seconds) is not None:
        await get(driver, task, label="follow-up: session")
        return
    await live.finish(10)
    await get(driver, task, label="follow-up: finished")
