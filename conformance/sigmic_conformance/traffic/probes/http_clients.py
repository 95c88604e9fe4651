"""The same requests as the suite's own client and as ordinary ones."""

import asyncio

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.probes.auth import UNKNOWN_TASK
from sigmic_conformance.traffic.prompts import EASY
from sigmic_conformance.traffic.steps import create_form, created, download, files, follow, paths_of, task_id
from sigmic_conformance.wire.bodies import FilePart, as_json
from sigmic_conformance.wire.ordinary_clients import ORDINARY_CLIENTS, OrdinaryClient

LINES = b"".join(b"line %d of a text that is compressed well\n" % number for number in range(200))


@probe(seconds=3, concurrency=Concurrency.AGENT)
async def ordinary_clients(driver: Driver) -> None:
    """Read a finished task with the headers of each ordinary client, and with the few of the suite."""
    task, path = await _finished(driver)
    await asyncio.gather(*(_read(driver, task, path, client) for client in (None, *ORDINARY_CLIENTS)))


async def _finished(driver: Driver) -> tuple[str, str | None]:
    """A task whose turn is over, and the path of its file, if it can have one."""
    if not (driver.profile.offers("files") and driver.profile.offers("artifacts")):
        task = await created(driver, EASY, label="create")
        await follow(driver, task, label="run")
        return task, None
    made = await create_form(driver, {"message": EASY}, [FilePart("lines.txt", LINES)], label="create")
    task = task_id(driver, made)
    await follow(driver, task, label="run")
    return task, next(iter(paths_of(await files(driver, task, label="files"))), None)


async def _read(driver: Driver, task: str, path: str | None, client: OrdinaryClient | None) -> None:
    """Send every kind of request as one client."""
    name, where = client.name if client else "the suite", {"id": task}
    for operation, query in (
        ("get_task", {}),
        ("list_tasks", {"limit": "5"}),
        ("get_task_history", {}),
        *([("list_artifacts", {})] if path else []),
    ):
        at = {} if operation == "list_tasks" else where
        await driver.call(operation, label=f"{operation} as {name}", path=at, query=query, client=client)
    if path:
        await download(driver, task, path, label=f"download as {name}", client=client)
    # A message to a task that does not exist costs no turn.
    await driver.call(
        "send_message",
        label=f"message as {name}",
        path={"id": UNKNOWN_TASK},
        body=as_json({"message": EASY}),
        client=client,
    )
    live = await driver.open_another(task, label=f"stream as {name}", client=client)
    if live is not None:
        await live.until(lambda event: event.type == "history_done", driver.bounds.head)
        live.hang_up()
