"""Scenes of sessions that end otherwise, and of what leaves sandboxes; see `tests.fakes.fault_scenes`."""

import asyncio
from collections.abc import Mapping, Sequence

from sigmic_conformance.mock_server.service.sessions import SessionLimits
from tests.fakes.behaviour_scenes import answered
from tests.fakes.conversation_scenes import data
from tests.fakes.fault_scenes import (
    TALK,
    TASKS,
    ask,
    call_of,
    deciding,
    follow,
    listen,
    printed,
    status,
    until,
)
from tests.fakes.sandbox import ScriptedSandbox
from tests.fakes.sandbox_scenes import ran
from tests.fakes.served import Served


def expire(mock: Served, task: str) -> None:
    assert mock.application.platform.sessions.expire(task)


async def same_after(mock: Served, task: str, field: str) -> str:
    """Send a follow-up and tell whether a field of the task stayed."""
    before = (await data(mock, f"/{task}"))[field]
    await follow(mock, task, "And 3+3?")
    return "the same" if (await data(mock, f"/{task}"))[field] == before else "another"


@deciding("restored-conversation", "the same", "another")
async def _(mock: Served) -> str:
    task = await mock.finished()
    expire(mock, task)
    return await same_after(mock, task, "conversationId")


@deciding("restored-session", "another", "the same")
async def _(mock: Served) -> str:
    task = await mock.finished()
    expire(mock, task)
    return await same_after(mock, task, "sessionId")


@deciding("follow-up-session", "the same", "another")
async def _(mock: Served) -> str:
    return await same_after(mock, await mock.finished(), "sessionId")


@deciding("reads-expired", "the same", "another")
async def _(mock: Served) -> str:
    task = await mock.finished()
    expire(mock, task)
    before = (await data(mock, f"/{task}"))["sessionId"]
    await mock.call("GET", f"{TASKS}/{task}/history")
    return "the same" if (await data(mock, f"/{task}"))["sessionId"] == before else "another"


@deciding("approved-before-expiry", "awaiting_approval", "completed")
async def _(mock: Served) -> str:
    task = await mock.create(TALK, autoExecute=False)
    listener = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    await answered(mock, task, await call_of(mock, task), "proceed_always")
    await listener
    expire(mock, task)
    await mock.call("POST", f"{TASKS}/{task}/messages", json={"message": TALK})
    await ask(mock, "GET", f"{TASKS}/{task}/stream", patience=0.3)
    return await status(mock, task)


@deciding("works-long", "live", "expired")
async def _(mock: Served) -> str:
    sessions = mock.application.platform.sessions
    usual, sessions._limits = sessions._limits, SessionLimits(idle_seconds=0.1)
    try:
        task = await mock.create("Wait 300 ms")
        await ask(mock, "GET", f"{TASKS}/{task}/stream")
        return "expired" if sessions.of(task) is None else "live"
    finally:
        sessions._limits = usual


@deciding("key-in-environment", "absent", "there")
async def _(mock: Served) -> str:
    body = await printed(mock, "echo $SIGMIC_API_KEY")
    return "there" if b"[secret SIGMIC_API_KEY]" in body else "absent"


@deciding("agent-root", "workspace", "elsewhere")
async def _(mock: Served) -> str:
    assert mock.backend is not None
    body = await ran(mock, "pwd")
    return "workspace" if mock.backend.made[-1].root.encode() in body else "elsewhere"


@deciding("processes-after-expiry", "ended", "left")
async def _(mock: Served) -> str:
    assert mock.backend is not None
    task = await mock.finished("Run exactly this shell command: `sleep 60 &`")
    sandbox = mock.backend.made[-1]
    expire(mock, task)
    await mock.application.platform.sessions.ended(task)
    return "left" if sandbox.alive else "ended"


@deciding("lists-beside-command", "200", "500")
async def _(mock: Served) -> str:
    assert mock.backend is not None
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def long(_sandbox: ScriptedSandbox, _argv: Sequence[str], _env: Mapping[str, str]) -> bytes:
        begun.set()
        await may_end.wait()
        return b"done"

    mock.backend.program = long
    task = await mock.create("Run exactly this shell command: `yes`")
    listener = listen(mock, task)
    async with asyncio.timeout(5):
        await begun.wait()
    beside = (await mock.call("GET", TASKS)).status
    may_end.set()
    await listener
    return str(beside)
