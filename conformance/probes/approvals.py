"""Approvals: nothing before the decision, and what each of the three answers does."""

import asyncio

from conformance.driver import Driver, Interrupted, as_json
from conformance.live import LiveStream
from conformance.registry import Lane, probe
from conformance.steering import attempts, nonce, shell
from conformance.steps import create, files, follow, get, history, poll, status_of, task_id
from conformance.transcript import Exchange


async def parked(driver: Driver, message: str, *, word: str, label: str) -> tuple[str, LiveStream, str]:
    """Create a task that must ask, and return it, its stream and the waiting call's id."""
    seconds = driver.profile.task_seconds

    async def attempt(_: int) -> tuple[str, LiveStream, str] | None:
        made = await create(driver, message, label=f"{label}: create", autoExecute=False)
        task = task_id(driver, made)
        live = await driver.open_stream(task, label=f"{label}: stream")
        asked = await live.until(
            lambda event: (
                event.type in {"tool_call", "done", "error"}
                and (word in event.data or event.type != "tool_call")
            ),
            seconds,
        )
        if asked is None or asked.type != "tool_call":
            live.hang_up()
            return None
        call = asked.payload.get("callId") or (asked.payload.get("data") or {}).get("callId")
        return (task, live, str(call)) if call else None

    return await attempts(driver, f"{label}: a call that asks", attempt)


async def decide(driver: Driver, task: str, call: str, outcome: str, *, label: str) -> Exchange:
    """Answer a waiting call."""
    return await driver.call(
        "approve_tool_call",
        label=label,
        path={"id": task, "callId": call},
        body=as_json({"outcome": outcome}),
    )


@probe(seconds=6, lane=Lane.AGENT, capabilities=["approvals", "tools"])
async def approve_once(driver: Driver) -> None:
    """Two calls, each answered `proceed_once`; before that bad answers, and a late reader."""
    first, second = driver.facts["first"], driver.facts["second"] = nonce(), nonce()
    task, live, call = await parked(
        driver, shell(f"echo {first} | tee {first}.txt", f"echo {second}"), word=first, label="once"
    )
    driver.facts["call"] = call
    await poll(driver, task, frozenset({"awaiting_approval"}), label="waiting", timeout=10)
    late = await driver.open_stream(task, label="joins while waiting")
    await late.until(lambda event: event.type == "tool_call", 3)
    await files(driver, task, label="files while waiting")
    path = {"id": task, "callId": call}
    await driver.call(
        "approve_tool_call", label="bad: outcome", path=path, body=as_json({"outcome": "maybe"})
    )
    await driver.call("approve_tool_call", label="bad: number", path=path, body=as_json({"outcome": 1}))
    await driver.call("approve_tool_call", label="bad: no outcome", path=path, body=as_json({}))
    await driver.call("approve_tool_call", label="bad: no body", path=path)
    await decide(driver, task, "no-such-call", "proceed_once", label="bad: unknown call")
    await asyncio.sleep(0.5)
    await get(driver, task, label="still waiting")
    await decide(driver, task, call, "proceed_once", label="approve")
    await live.until(
        lambda event: (
            event.type in {"tool_result", "done", "error"}
            or (event.type == "tool_call" and second in event.data)
        ),
        driver.profile.task_seconds,
    )
    again = await decide(driver, task, call, "proceed_once", label="approve again")
    driver.facts["again"] = again.status
    next_call = await live.until(
        lambda event: event.type == "tool_call" and second in event.data, driver.profile.task_seconds
    )
    if next_call is not None and next_call.payload.get("callId"):
        await poll(
            driver, task, frozenset({"awaiting_approval", "completed"}), label="second waiting", timeout=10
        )
        await decide(driver, task, str(next_call.payload["callId"]), "proceed_once", label="approve second")
    await live.end(driver.profile.task_seconds)
    live.hang_up()
    await late.end(10)
    late.hang_up()
    await poll(driver, task, frozenset({"completed", "failed"}), label="finished", timeout=10)
    await decide(driver, task, call, "proceed_once", label="approve after the end")
    await history(driver, task)


@probe(seconds=6, lane=Lane.AGENT, capabilities=["approvals", "tools"])
async def approve_cancel(driver: Driver) -> None:
    """Refuse a call that would make a file, and look for the file."""
    word = driver.facts["word"] = nonce()
    task, live, call = await parked(driver, shell(f"echo {word} > {word}.txt"), word=word, label="refused")
    driver.facts["call"] = call
    await decide(driver, task, call, "cancel", label="cancel the call")
    await live.end(driver.profile.task_seconds)
    live.hang_up()
    await poll(driver, task, frozenset({"completed", "failed", "cancelled"}), label="finished", timeout=10)
    await files(driver, task, label="files")
    await history(driver, task)


@probe(seconds=6, lane=Lane.AGENT, capabilities=["approvals", "tools"])
async def approve_always(driver: Driver) -> None:
    """Answer the first of two calls of one tool with `proceed_always`, by the id from get_task."""
    first, second = driver.facts["first"], driver.facts["second"] = nonce(), nonce()
    task, live, call = await parked(
        driver, shell(f"echo {first}", f"echo {second}"), word=first, label="always"
    )
    state = await poll(driver, task, frozenset({"awaiting_approval"}), label="waiting", timeout=10)
    driver.facts["call"] = call
    if status_of(state) != "awaiting_approval":
        raise Interrupted("the task does not say that it awaits an approval")
    pending = state.data.get("pendingApprovals") or [{}]
    driver.facts["pending call"] = pending[0].get("callId") if isinstance(pending[0], dict) else None
    await decide(
        driver, task, str(driver.facts["pending call"] or call), "proceed_always", label="approve always"
    )
    await get(driver, task, label="right after")
    await live.end(min(30.0, driver.profile.task_seconds))
    live.hang_up()
    await get(driver, task, label="finished")
    await follow(driver, task, label="replay") if live.ended else None
