"""Scenes of streams: what a reader hears of several runs and readings. See `tests.fakes.fault_scenes`."""

from tests.fakes.fault_scenes import (
    NOBODY,
    SCENES,
    TASKS,
    TWICE,
    Play,
    about_task,
    ask,
    asking,
    deciding,
    fixed,
    scene,
    streaming,
)
from tests.fakes.raw_http import Seen
from tests.fakes.served import Served

FAILING = "Say exactly: so far. Then fail with the message: stopped on purpose"
LARGE = 70_000
"""Characters of a message that no buffer of 64 KiB holds."""
MANY = 60

SCENES |= {
    "get-two-calls": about_task("GET", "", TWICE),
    "stream-failing": streaming(FAILING),
    "stream-large": streaming("What is 2+2? " + "x" * LARGE),
    "stream-pieces": streaming("Produce a long answer of 20 words."),
    "stream-refused": fixed("GET", f"{TASKS}/{NOBODY}/stream"),
    "stream-subagent": streaming(
        "Use a subagent named code-writer to run exactly this shell command: `echo x`"
    ),
    "stream-two-calls": streaming(TWICE),
}


@scene("stream-asking-said")
async def _(mock: Served) -> Play:
    task = await asking(mock, "Say exactly: so far. Then run exactly this shell command: `echo hi`")
    return lambda: ask(mock, "GET", f"{TASKS}/{task}/stream", patience=0.3)


@scene("stream-replays")
async def _(mock: Served) -> Play:
    task = await mock.finished()

    async def play() -> Seen:
        """Return the second of two replays."""
        await ask(mock, "GET", f"{TASKS}/{task}/stream")
        again: Seen = await ask(mock, "GET", f"{TASKS}/{task}/stream")
        return again

    return play


@deciding("streams-sixty", "200", "404")
async def _(mock: Served) -> str:
    task = await mock.finished()
    told = [(await ask(mock, "GET", f"{TASKS}/{task}/stream")).status for _ in range(MANY)]
    return str(told[-1])


@deciding("streams-last-block", "done", "heartbeat")
async def _(mock: Served) -> str:
    seen = await ask(mock, "GET", f"{TASKS}/{await mock.create()}/stream")
    last = seen.body.split(b"\n\n")[-2]
    return (
        "heartbeat"
        if last == b":heartbeat"
        else str(last.partition(b"\n")[0].decode().removeprefix("event: "))
    )
