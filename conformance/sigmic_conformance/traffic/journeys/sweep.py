"""Read again what nothing has changed: a task of another probe that is over, and small pages of the list.

A view may be right when it is first read, and stale or cut after something else has changed.
"""

import asyncio

from sigmic_conformance.traffic.callers import Caller
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.journeys.journey import Step
from sigmic_conformance.traffic.journeys.life import Life
from sigmic_conformance.traffic.seed import hex_digits
from sigmic_conformance.traffic.steps import download, files, get, history, paths_of

SMALL_PAGES = (1, 2)
REQUESTS = 5 + len(SMALL_PAGES)
"""The most requests of a sweep."""


async def sweep(life: Life, step: Step) -> None:
    """Read them, unless the target limits the rate of requests."""
    driver = life.driver
    if driver.conduct.pace.is_limited:
        life.unswept += 1
        driver.note("sweeps left out", life.unswept)
        return
    looks = [_small_page(life, limit, life.acting(step)) for limit in SMALL_PAGES if life.total]
    if (drawn := driver.conduct.finished.draw()) is not None:
        looks.append(_finished(driver, *drawn, label=life.label("a finished task")))
    for each in await asyncio.gather(*looks, return_exceptions=True):
        if isinstance(each, BaseException):
            raise each


async def _small_page(life: Life, limit: int, caller: Caller) -> None:
    """A page at a random place of the list, from its start as well as from its end."""
    place = int(hex_digits(8), 16) % life.total
    query = {"limit": str(limit), "offset": str(place)}
    await life.driver.call("list_tasks", label=life.label(f"page of {limit}"), caller=caller, query=query)


async def _finished(driver: Driver, task: str, caller: Caller, *, label: str) -> None:
    """Read everything that shows a task."""
    found = await get(driver, task, label=label, caller=caller)
    if not found.ok:
        return
    await history(driver, task, label=f"{label}: history", caller=caller)
    if driver.profile.offers("artifacts"):
        paths = paths_of(await files(driver, task, label=f"{label}: files", caller=caller))
        if paths:
            path = paths[int(hex_digits(8), 16) % len(paths)]
            await download(driver, task, path, label=f"{label}: file", caller=caller)
    live = await driver.open_another(task, label=f"{label}: stream", caller=caller)
    if live is not None:
        await live.until(lambda event: event.type == "history_done", driver.bounds.head)
        live.hang_up()
