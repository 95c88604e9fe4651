"""Pages of the list: sizes, offsets, order, whose tasks it shows, and invalid values."""

import asyncio
import secrets

from sigmic_conformance.model.pages import total_of
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import probe
from sigmic_conformance.traffic.probes.token import user
from sigmic_conformance.traffic.prompts import EASY, attempts, nonce
from sigmic_conformance.traffic.steps import create, created, follow, get, task_id
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange

QUIET_ATTEMPTS = 40
STILL_ATTEMPTS = 4
"""Attempts to get a list without an unfinished task; after them, a list that does not change is enough."""
DEEPEST = 1000
"""The most tasks to skip."""


@probe(seconds=5)
async def pages(driver: Driver) -> None:
    """Create a few tasks, read one of them, and walk the list in pages."""
    # A run with the same seed may use the same target, so these words are not drawn by it.
    asked = [f"{EASY} (n{secrets.token_hex(8)})" for _ in range(4)]
    tasks = [await created(driver, message, label="create_task") for message in asked]
    for task in tasks:
        await follow(driver, task, label="run")
    await driver.call("list_tasks", label="default")
    for limit in (1, 3, 100):
        await driver.call("list_tasks", label=f"limit {limit}", query={"limit": str(limit)})
    for offset in ("0", "1", "2", "3"):
        await driver.call("list_tasks", label="walk", query={"limit": "2", "offset": offset})
    await driver.call("list_tasks", label="beyond", query={"limit": "5", "offset": "1000000"})
    await driver.call("list_tasks", label="limit 101", query={"limit": "101"})
    # No page says how soon a list shows a change.
    await asyncio.sleep(1)
    await get(driver, tasks[-1], label="read")
    await driver.call("list_tasks", label="later", query={"limit": "100"})


@probe(seconds=1, requires=())
async def invalid_pages(driver: Driver) -> None:
    """Values of limit and offset that mean nothing."""
    await driver.call("list_tasks", label="twin", query={"limit": "1", "offset": "0"})
    for name in ("limit", "offset"):
        for value in ("-1", "x", "1.5", "1e3", "", "99999999999999999999", "1;2", "\u0663", "null"):
            await driver.call("list_tasks", label=f"bad: {name}", query={name: value})
    await driver.call("list_tasks", label="bad: limit", query={"limit": "0"})
    await driver.call("list_tasks", label="bad: both", query={"limit": "x", "offset": "y"})


@probe(seconds=6)
async def unchanged_list(driver: Driver) -> None:
    """Ask for the list, for pages of it and for the list again, until nothing ran in between."""
    tasks = {await created(driver, EASY, label="create_task") for _ in range(6)}
    for task in tasks:
        await follow(driver, task, label="run")

    # Other probes create more recent tasks all the time: search for the page that has these.
    for offset in range(0, DEEPEST, 100):
        page = {"limit": "100", "offset": str(offset)}
        listed = await driver.call("list_tasks", label="long", query=page)
        if len({str(entry.get("id")) for entry in listed.entries} & tasks) > 1:
            await driver.call("list_tasks", label="long", query=page)
            break

    async def attempt(number: int) -> bool | None:
        before = await driver.call("list_tasks", label="before", query={"limit": "6"})
        for offset in (0, 1, 2, 4):
            await driver.call("list_tasks", label="pages", query={"limit": "2", "offset": str(offset)})
        # The last page, full to its end.
        if (last := (total_of(before) or 0) - 2) >= 0:
            await driver.call("list_tasks", label="last page", query={"limit": "2", "offset": str(last)})
        after = await driver.call("list_tasks", label="after", query={"limit": "6"})
        still = all(json_values.one_of(entry.get("status"), json_values.FINAL) for entry in before.entries)
        if _activity(before) == _activity(after) and (still or number > STILL_ATTEMPTS):
            return True
        await asyncio.sleep(0.3)
        return None

    await attempts(driver, "an unchanged list", attempt, most=QUIET_ATTEMPTS)


def _activity(exchange: Exchange) -> object:
    """The last activity of each listed task, and the total: constant while no client uses the platform."""
    body = exchange.json()
    pagination = body.get("pagination") if isinstance(body, dict) else None
    total = pagination.get("total") if isinstance(pagination, dict) else None
    data = exchange.data if isinstance(exchange.data, list) else []
    entries = [item for item in data if isinstance(item, dict)]
    return total, {str(item.get("id")): (item.get("status"), item.get("lastActivityAt")) for item in entries}


@probe(seconds=3)
async def list_scope(driver: Driver) -> None:
    """A task of the key and, if there is a widget app, one of a token; the key's list, five times."""
    driver.note("task", await created(driver, EASY, label="mine"))
    if driver.profile.has_widget and driver.profile.offers("widget"):
        caller = await user(driver, f"user-{nonce()}", label="token")
        driver.note(
            "other's task",
            task_id(driver, await create(driver, EASY, label="other", caller=caller)),
        )
    for _ in range(5):
        await driver.call("list_tasks", label="list", query={"limit": "100"})
