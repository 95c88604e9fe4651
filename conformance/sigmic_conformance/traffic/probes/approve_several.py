"""Several calls that ask, each answered differently: in sequence, and two that wait at the same time."""

import asyncio

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Missed
from sigmic_conformance.traffic.live_stream import LiveEvent, LiveStream
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.probes.approve import next_asked
from sigmic_conformance.traffic.prompts import attempts, create_file, nonce, shell, together
from sigmic_conformance.traffic.steps import (
    create,
    decide,
    files,
    get,
    history,
    poll,
    say,
    task_id,
)
from sigmic_conformance.wire.bodies import as_json
from sigmic_conformance.wire.json_values import FINAL

MOST_CALLS = 8
JOINED_SECONDS = 1.2
SETTLED_SECONDS = 8.0
"""After this time a call that was approved neither waits nor is listed."""


async def decide_encoded(driver: Driver, task: str, call: str, *, label: str) -> bool:
    """Answer `proceed_once` with every byte of the callId percent-encoded."""
    mark = "CALL-ID"
    target = driver.writer.target("approve_tool_call", {"id": task, "callId": mark}, {})
    encoded = "".join(f"%{byte:02X}" for byte in call.encode(errors="surrogatepass"))
    answer = await driver.request(
        "POST",
        target.replace(mark, encoded),
        operation="approve_tool_call",
        label=label,
        body=as_json({"outcome": "proceed_once"}),
    )
    return answer.ok


@probe(seconds=6, concurrency=Concurrency.AGENT, capabilities=["approvals", "tools"])
async def approve_each(driver: Driver) -> None:
    """Calls of several tools in one run: one answered once, one always, and one of another tool refused."""
    word, kept = nonce(), nonce()
    lines = [
        "List the files.",
        f"Then run exactly this shell command: `echo {kept}-1`",
        f"Then run exactly this shell command: `echo {kept}-2`",
        f"Then create a file named {word}.txt containing: {word}",
    ]

    answered: list[str] = []

    async def attempt(number: int) -> str | None:
        answered.clear()
        task = task_id(
            driver,
            await create(driver, "\n".join(lines), label=f"create {number}", autoExecute=False),
        )
        live = await driver.open_stream(task, label=f"stream {number}")
        answered.extend(await _answer_each(driver, task, live))
        await live.finish(driver.profile.task_seconds)
        return task if len(answered) > 1 else None

    task = await attempts(driver, "several calls that ask", attempt, most=2)
    await poll(driver, task, FINAL, label="finished", timeout=10)
    await history(driver, task, label="history")
    await say(driver, task, create_file(f"{word}-later.txt", word), label="follow-up")
    live = await driver.open_stream(task, label="run of follow-up")
    waiting = await next_asked(live, set(answered), 15)
    await asyncio.sleep(JOINED_SECONDS)  # no page says how soon a list shows a change
    await driver.call("list_tasks", label="list", query={"limit": "100"})
    await get(driver, task, label="waiting in the follow-up")
    await driver.call("cancel_task", label="cancel", path={"id": task})
    await live.finish(10)
    await get(driver, task, label="cancelled")
    if waiting is not None:
        await _after_the_cancellation(driver, task, [*answered, waiting.call], word)


async def _after_the_cancellation(driver: Driver, task: str, calls: list[str], word: str) -> None:
    """Send a message to a task that was cancelled while a call waited, and answer that call again.

    That call must not wait in the next turn, and its answer must not decide the call that asks now. The tool
    of the latter is approved for always, as another tool was before: in a last turn this one must not ask.
    """
    if not (await say(driver, task, create_file(f"{word}-next.txt", word), label="next")).ok:
        return
    live = await driver.open_stream(task, label="run of next")
    asked = await next_asked(live, set(calls), driver.profile.task_seconds)
    if asked is not None:
        await decide(driver, task, calls[-1], "proceed_once", label="answer to the cancelled turn's call")
        await live.until(lambda event: event.call == asked.call and event.type == "tool_result", 0.5)
        await decide(driver, task, asked.call, "proceed_always", label="next: proceed_always")
    await live.finish(driver.profile.task_seconds)
    await poll(driver, task, FINAL, label="next: finished", timeout=10)
    await files(driver, task, label="next: files")
    if asked is None or not (await say(driver, task, shell(f"echo {word}"), label="both always")).ok:
        return
    live = await driver.open_stream(task, label="both always: stream")
    if await next_asked(live, {*calls, asked.call}, driver.profile.task_seconds) is None:
        await live.finish(10)
    await get(driver, task, label="both always: task")


async def _answer_each(driver: Driver, task: str, live: LiveStream) -> list[str]:
    """Answer each call that asks, in sequence; return their ids."""
    answered: list[str] = []
    while len(answered) < MOST_CALLS:
        asked = await next_asked(live, set(answered), driver.profile.task_seconds)
        if asked is None:
            break
        outcome = ("proceed_once", "proceed_always")[len(answered)] if len(answered) < 2 else "cancel"  # noqa: PLR2004  the first, the second, and all others
        if answered:
            await decide(driver, task, asked.call, outcome, label=f"{outcome} {len(answered)}")
        elif not await decide_encoded(driver, task, asked.call, label="approve encoded"):
            await decide(driver, task, asked.call, outcome, label="approve plain")
        answered.append(asked.call)
    return answered


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["approvals", "tools"])
async def approve_together(driver: Driver) -> None:
    """Calls that wait at the same time: the second is approved, then the first refused, while another waits.

    Two are enough if the agent makes at most two at the same time. In a second turn both are approved in
    parallel.
    """
    words = [nonce() for _ in range(3)]
    message = together(*(f"echo {word} > {word}.txt" for word in words))

    async def attempt(number: int) -> tuple[str, LiveStream, list[LiveEvent]] | None:
        made = await create(driver, message, label=f"create {number}", autoExecute=False)
        task = task_id(driver, made)
        live = await driver.open_stream(task, label=f"stream {number}")
        waiting: list[LiveEvent] = []
        for patience in (driver.profile.task_seconds, 10):
            asked = await next_asked(live, {each.call for each in waiting}, patience)
            if asked is None:
                break
            waiting.append(asked)
        else:
            return task, live, waiting
        await driver.call("cancel_task", label=f"cancel {number}", path={"id": task})
        live.hang_up()
        await get(driver, task, label=f"cancelled {number}")
        return None

    task, live, (refused, approved) = await attempts(driver, "two calls that wait together", attempt, most=2)
    calls = [approved.call, refused.call]
    await get(driver, task, label="both wait")
    joined = await driver.open_stream(task, label="joined")
    # After this time, a reader that joins while calls wait must have received all of them.
    await asyncio.sleep(JOINED_SECONDS)
    if not (await decide(driver, task, calls[0], "proceed_once", label="approve one")).ok:
        raise Missed("one of two waiting calls could not be answered")
    await get(driver, task, label="one waits")
    await decide(driver, task, calls[1], "cancel", label="refuse the other")
    answered = set(calls)
    # The third call, which has been waiting or asks now, and any other call of the agent. A refusal may have
    # ended the other waiting calls: then there is nothing left to decide.
    while len(answered) < MOST_CALLS:
        other = await next_asked(live, answered, driver.profile.task_seconds)
        if other is None:
            break
        answered.add(other.call)
        told = await get(driver, task, label="another waits")
        if other.call in told.pending_calls:
            await decide(driver, task, other.call, "proceed_once", label="approve another")
    for stream in (live, joined):
        await stream.finish(driver.profile.task_seconds)
    await poll(driver, task, FINAL, label="finished", timeout=10)
    await driver.call("list_artifacts", label="files", path={"id": task})
    await _approve_in_parallel(driver, task)


async def _approve_in_parallel(driver: Driver, task: str) -> None:
    """Have two calls of a follow-up wait at the same time, and approve both in parallel."""
    words = [nonce() for _ in range(2)]
    message = together(*(f"echo {word} > {word}.txt" for word in words))
    if not (await say(driver, task, message, label="in parallel: message")).ok:
        return
    live = await driver.open_stream(task, label="in parallel: stream")
    waiting: set[str] = set()
    for patience in (driver.profile.task_seconds, 10):
        asked = await next_asked(live, waiting, patience)
        if asked is not None:
            waiting.add(asked.call)
    await asyncio.gather(
        *(decide(driver, task, call, "proceed_once", label=f"parallel: {call}") for call in sorted(waiting))
    )
    await live.finish(SETTLED_SECONDS)
    await get(driver, task, label="in parallel: task")
