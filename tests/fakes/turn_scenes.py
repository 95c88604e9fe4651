"""Scenes of what becomes of messages, follow-ups, approvals and statuses; see `tests.fakes.fault_scenes`."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.ports import SandboxUnavailable
from tests.fakes.behaviour_scenes import answered
from tests.fakes.conversation_scenes import data, messages, refused_follow_up
from tests.fakes.fault_scenes import (
    SCENES,
    TALK,
    TASKS,
    TWICE,
    Play,
    ask,
    asking,
    call_of,
    deciding,
    follow,
    listen,
    outcome,
    scene,
    status,
    streaming,
    until,
    with_file,
)
from tests.fakes.raw_http import Seen
from tests.fakes.served import Served
from tests.fakes.waiting import eventually

DELEGATE = "Use a subagent named code-writer to run exactly this shell command: `echo hi`"
SCENES |= {
    "stream-delegating": streaming(DELEGATE),
    "stream-writing": streaming("Create a file named n.txt containing: hello"),
}


@scene("history-with-file")
async def _(mock: Served) -> Play:
    task = await with_file(mock)
    return lambda: ask(mock, "GET", f"{TASKS}/{task}/history")


async def roles(mock: Served, task: str) -> str:
    return " ".join(each["role"] for each in await messages(mock, task))


@deciding("history-running", "user", "user assistant")
async def _(mock: Served) -> str:
    task = await mock.create("Say exactly: begun. Wait 300 ms")
    listener = listen(mock, task)
    await until(mock, task, "running")
    told = await roles(mock, task)
    await listener
    return told


@deciding("history-words", "look", "Attached files:\n- uploads/data.csv\n\nlook")
async def _(mock: Served) -> str:
    return str((await messages(mock, await with_file(mock)))[0]["content"])


@deciding("history-times", "the same", "others")
async def _(mock: Served) -> str:
    task = await mock.finished()
    first = await messages(mock, task)
    clock = mock.application.clocks.of(defaults.PROJECT_ID)
    now = clock.now()
    await eventually(lambda: clock.now() > now)
    return "the same" if first == await messages(mock, task) else "others"


# --- follow-ups --------------------------------------------------------------------------------------------


@scene("follow-up-answer")
async def _(mock: Served) -> Play:
    async def play() -> Seen:
        seen: Seen = await ask(
            mock, "POST", f"{TASKS}/{await mock.finished()}/messages", json={"message": "And 3+3?"}
        )
        return seen

    return play


@deciding("follow-up-conversation", "the same", "another")
async def _(mock: Served) -> str:
    task = await mock.finished()
    before = (await data(mock, f"/{task}"))["conversationId"]
    await follow(mock, task, "And 3+3?")
    return "the same" if (await data(mock, f"/{task}"))["conversationId"] == before else "another"


@deciding("follow-up-taken-early", "409, 0 saved", "200, 1 saved")
async def _(mock: Served) -> str:
    return await refused_follow_up(mock, await asking(mock), {"message": "And 3+3?"})


@deciding("follow-up-cancelled", "200", "409")
async def _(mock: Served) -> str:
    task = await asking(mock)
    await mock.call("DELETE", f"{TASKS}/{task}")
    return str((await follow(mock, task, "And 3+3?")).status)


@deciding("follow-up-failed", "200", "409")
async def _(mock: Served) -> str:
    task = await mock.create("Fail with the message: out of luck")
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    assert await status(mock, task) == "failed"
    return str((await follow(mock, task, "And 3+3?")).status)


async def following(mock: Served, task: str) -> Mapping[str, Any]:
    """Send a follow-up that takes a while; return the task as it is told meanwhile."""
    await mock.call("POST", f"{TASKS}/{task}/messages", json={"message": "Wait 300 ms"})
    told: Mapping[str, Any] = await data(mock, f"/{task}")
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return told


@deciding("follow-up-completion", "open", "completed")
async def _(mock: Served) -> str:
    told = await following(mock, await mock.finished())
    return "open" if told["completedAt"] is None else "completed"


@deciding("follow-up-status", "running", "completed")
async def _(mock: Served) -> str:
    return str((await following(mock, await mock.finished()))["status"])


@deciding("follow-up-with-env", "400, 0 saved", "200, 1 saved")
async def _(mock: Served) -> str:
    return await refused_follow_up(mock, await mock.finished(), {"message": "And 3+3?", "env": {"A": "1"}})


@deciding("follow-up-options", "kept", "reset")
async def _(mock: Served) -> str:
    task = await mock.create(systemPrompt="be brief", env={"A": "1"})
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    told = await following(mock, task)
    return "kept" if (told.get("systemPrompt"), told.get("env")) == ("be brief", {"A": "1"}) else "reset"


# --- approvals ---------------------------------------------------------------------------------------------


deciding("lists-asked", "awaiting_approval", "executing")(
    lambda mock: outcome(mock, "List the files.", autoExecute=False)
)


async def waits_for(mock: Served, task: str, *gone: str) -> str:
    """Return the next call that waits, or the status of a task in which none waits any more."""
    told = ""

    async def waits_or_is_over() -> bool:
        nonlocal told
        view = await data(mock, f"/{task}")
        waiting = [each["callId"] for each in view.get("pendingApprovals", [])]
        left = [call for call in waiting if call not in gone]
        told = str(left[0] if left else view["status"])
        return bool(left) or told in {"completed", "failed", "cancelled"}

    await eventually(waits_or_is_over)
    return told


async def asks_again(mock: Served, message: str, said: str) -> tuple[str, str, "asyncio.Task[Seen]"]:
    """Answer the first call of a task; return the task, what waits then, and its stream."""
    task = await mock.create(message, autoExecute=False)
    listener = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    first = await call_of(mock, task)
    await answered(mock, task, first, said)
    return task, await waits_for(mock, task, first), listener


@deciding("approve-always-other", "asks", "completed")
async def _(mock: Served) -> str:
    message = "Run exactly this shell command: `echo hi`\nThen create a file named n.txt containing: n"
    _task, then, listener = await asks_again(mock, message, "proceed_always")
    listener.cancel()
    return "asks" if then.startswith("call_") else then


@deciding("approve-encoded", "200", "404")
async def _(mock: Served) -> str:
    task = await asking(mock)
    encoded = "".join(f"%{byte:02X}" for byte in (await call_of(mock, task)).encode())
    path = f"{TASKS}/{task}/tools/{encoded}/approve"
    # Sent as it is: a client library would encode it otherwise.
    body = b'{"outcome":"proceed_once"}'
    head = mock.head("POST", path, "Content-Type: application/json", f"Content-Length: {len(body)}")
    return (await mock.raw(head + body)).split(b" ")[1].decode()


@deciding("approve-one-of-two", "one waits", "none waits")
async def _(mock: Served) -> str:
    both = "Run exactly these shell commands at the same time, as parallel tool calls: `echo a` and `echo b`"
    task = await mock.create(both, autoExecute=False)
    listener = listen(mock, task)
    waiting: list[Mapping[str, Any]] = []

    async def both_wait() -> bool:
        waiting[:] = (await data(mock, f"/{task}")).get("pendingApprovals", [])
        return len(waiting) == 2

    await eventually(both_wait)
    await answered(mock, task, waiting[0]["callId"], "cancel")
    left = (await data(mock, f"/{task}")).get("pendingApprovals", [])
    listener.cancel()
    return "one waits" if left else "none waits"


@deciding("approve-then-refuse", "2 calls", "0 calls")
async def _(mock: Served) -> str:
    task, second, listener = await asks_again(mock, TWICE, "proceed_once")
    await answered(mock, task, second, "cancel")
    await listener
    return f"{len((await data(mock, f'/{task}'))['output'].get('toolCalls', []))} calls"


@deciding("refused-call-steps", "awaiting_approval cancelled", "awaiting_approval executing cancelled")
async def _(mock: Served) -> str:
    _task, _end, listener = await asks_again(mock, TALK, "cancel")
    blocks = (await listener).body.split(b"\n\n")
    of_call = [
        block for block in blocks if block.startswith((b"event: tool_call\n", b"event: tool_result\n"))
    ]
    return " ".join(json.loads(block.partition(b"data: ")[2])["status"] for block in of_call)


@deciding("approve-lost", "completed", "awaiting_approval")
async def _(mock: Served) -> str:
    task = await asking(mock)
    listener = listen(mock, task)
    assert await answered(mock, task, await call_of(mock, task), "proceed_once") == 200
    await asyncio.wait({listener}, timeout=0.3)
    listener.cancel()
    return await status(mock, task)


# --- cancellations and statuses ----------------------------------------------------------------------------


@deciding("files-of-cancelled", "200", "404")
async def _(mock: Served) -> str:
    task = await asking(mock)
    await mock.call("DELETE", f"{TASKS}/{task}")
    return str((await mock.call("GET", f"{TASKS}/{task}/artifacts")).status)


@deciding("cancel-with-body", "cancelled", "awaiting_approval")
async def _(mock: Served) -> str:
    task = await asking(mock)
    await mock.call("DELETE", f"{TASKS}/{task}", json={"reason": "no longer needed"})
    return await status(mock, task)


async def read_twice(mock: Served) -> str:
    task = await mock.finished()
    return f"{await status(mock, task)} {await status(mock, task)}"


deciding("reads-pending-again", "completed completed", "completed pending")(read_twice)
deciding("reads-running-again", "completed completed", "completed running")(read_twice)


@deciding("runs-together", "beside it", "after it")
async def _(mock: Served) -> str:
    first = await mock.create("Wait 600 ms")
    listener = listen(mock, first)
    await until(mock, first, "running")
    second = await mock.create("Wait 100 ms")
    other = listen(mock, second)
    begun = ""

    async def has_begun() -> bool:
        nonlocal begun
        if await status(mock, second) != "pending":
            begun = "beside it" if await status(mock, first) == "running" else "after it"
        return begun != ""

    await eventually(has_begun)
    await asyncio.gather(listener, other)
    assert await status(mock, second) == "completed"
    return begun


@deciding("error-text", "one line", "a trace")
async def _(mock: Served) -> str:
    task = await mock.finished("Fail with the message: out of luck")
    error = (await data(mock, f"/{task}"))["error"]
    return "a trace" if "Traceback" in error else error.replace("out of luck", "one line")


@deciding("tool-fails", "error", "success")
async def _(mock: Served) -> str:
    assert mock.backend is not None
    mock.backend.refusal = SandboxUnavailable("no room")
    task = await mock.create(TALK)
    seen = await ask(mock, "GET", f"{TASKS}/{task}/stream")
    result = next(b for b in seen.body.split(b"\n\n") if b.startswith(b"event: tool_result\n"))
    return str(json.loads(result.partition(b"data: ")[2])["status"])
