"""Scenes of reading: what a task, a page of tasks or the head of a file is told as. See `fault_scenes`."""

from typing import Any

from tests.fakes.fault_scenes import TASKS, Play, ask, asking, decided, deciding, follow, scene, until
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


@deciding("lists-hidden", "listed", "hidden")
async def _(mock: Served) -> str:
    task = await mock.create(showInHistory=False)
    return "listed" if task in await ids(mock) else "hidden"


async def ids(mock: Served, query: str = "") -> list[str]:
    return [each["id"] for each in (await mock.call("GET", TASKS + query)).data]


async def some(mock: Served) -> list[str]:
    """Finish three tasks; return the list, newest first."""
    return [await mock.finished(f"What is {number}+2?") for number in range(3)][::-1]


@deciding("lists-pages", "each once", "twice")
async def _(mock: Served) -> str:
    await some(mock)
    pages = [await ids(mock, f"?limit=1&offset={offset}") for offset in (0, 1)]
    return "each once" if pages[0] != pages[1] else "twice"


@deciding("lists-beyond", "0", "2")
async def _(mock: Served) -> str:
    await some(mock)
    return str(len(await ids(mock, "?limit=2&offset=1000")))


for _name, _wrong in {"lists-nonsense": "200", "lists-nonsense-500": "500"}.items():

    @deciding(_name, "400", _wrong)
    async def _(mock: Served) -> str:
        return str((await mock.call("GET", f"{TASKS}?limit=x")).status)


@deciding("lists-again", "the same", "reversed")
async def _(mock: Served) -> str:
    await some(mock)
    first, second = [await ids(mock, "?limit=3") for _ in range(2)]
    return {True: "the same", False: "reversed" if first == second[::-1] else "else"}[first == second]


@deciding("lists-followed", "first", "third")
async def _(mock: Served) -> str:
    oldest = (await some(mock))[-1]
    await follow(mock, oldest, "And 3+3?")
    return {0: "first", 2: "third"}.get((await ids(mock)).index(oldest), "else")


@deciding("get-output-of-cancelled", "there", "absent")
async def _(mock: Served) -> str:
    task = await asking(mock)
    assert "output" in (await mock.call("GET", f"{TASKS}/{task}")).data
    await mock.call("DELETE", f"{TASKS}/{task}")
    await until(mock, task, "cancelled")
    return "there" if "output" in (await mock.call("GET", f"{TASKS}/{task}")).data else "absent"


@deciding("approve-lingers", "gone", "waits")
async def _(mock: Served) -> str:
    task, _seen = await decided(mock, "proceed_once")
    view = (await mock.call("GET", f"{TASKS}/{task}")).data
    return "waits" if view.get("pendingApprovals") else "gone"


@deciding("get-message-of-two", "What is 2+2?", "What is 3+3?")
async def _(mock: Served) -> str:
    return str((await of_two(mock))["message"])


@deciding("get-output-of-two", "last", "all")
async def _(mock: Served) -> str:
    content = (await of_two(mock))["output"]["content"]
    assert "6" in content
    return "all" if "4" in content else "last"


async def of_two(mock: Served) -> Any:
    """Return a task after two turns."""
    task = await mock.finished()
    await follow(mock, task, "What is 3+3?")
    return (await mock.call("GET", f"{TASKS}/{task}")).data
