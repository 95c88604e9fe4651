"""Scenes of reading: what a task, a page of tasks or the head of a file is told as. See `fault_scenes`."""

from tests.fakes.fault_scenes import TASKS, Play, ask, scene
from tests.fakes.raw_http import Seen
from tests.fakes.served import ORIGIN, Served


@scene("get-twice")
async def _(mock: Served) -> Play:
    task = await mock.finished()

    async def play() -> Seen:
        await ask(mock, "GET", f"{TASKS}/{task}")
        second: Seen = await ask(mock, "GET", f"{TASKS}/{task}")
        return second

    return play


@scene("list-from-page")
async def _(mock: Served) -> Play:
    await mock.finished()
    return lambda: ask(mock, "GET", TASKS, headers={"Origin": ORIGIN})
