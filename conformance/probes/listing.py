"""Pages of the list: sizes, offsets, order, and nonsense."""

from conformance.driver import Driver
from conformance.registry import probe
from conformance.steering import EASY
from conformance.steps import created, follow


@probe(seconds=5)
async def pages(driver: Driver) -> None:
    """Make a few tasks and walk the list in pages."""
    tasks = driver.facts["tasks"] = [await created(driver, EASY) for _ in range(4)]
    for task in tasks:
        await follow(driver, task, label="run")
    await driver.call("list_tasks", label="default")
    for limit in ("1", "3", "100"):
        await driver.call("list_tasks", label=f"limit {limit}", query={"limit": limit})
    for offset in ("0", "1", "2", "3"):
        await driver.call("list_tasks", label="walk", query={"limit": "2", "offset": offset})
    await driver.call("list_tasks", label="beyond", query={"limit": "5", "offset": "1000000"})
    await driver.call("list_tasks", label="limit 101", query={"limit": "101"})


@probe(seconds=1, needs=())
async def page_nonsense(driver: Driver) -> None:
    """Values of limit and offset that mean nothing."""
    await driver.call("list_tasks", label="twin", query={"limit": "1", "offset": "0"})
    for name in ("limit", "offset"):
        for value in ("-1", "x", "1.5", "1e3", "", "99999999999999999999", "1;2", "\u0663", "null"):
            await driver.call("list_tasks", label=f"bad: {name}", query={name: value})
    await driver.call("list_tasks", label="bad: limit", query={"limit": "0"})
