"""A read-only key at every operation that would change something."""

from sigmic_conformance.traffic.callers import bearer
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.probe import Requires, probe
from sigmic_conformance.traffic.prompts import EASY, nonce
from sigmic_conformance.traffic.steps import (
    create,
    create_form,
    created,
    decide,
    follow,
    get,
    history,
    poll,
    say,
)


@probe(seconds=3, requires=[Requires.WRITES, Requires.VIEWER], capabilities=["roles"])
async def viewer(driver: Driver) -> None:
    """Read an owner's task with a viewer's key, try to change things with it, and look for effects.

    It also tries to read another project's task.
    """
    key = driver.credentials.roles.get("viewer")
    if key is None:
        raise Interrupted("no viewer's API key was given")
    reader = bearer("viewer", key)
    mark = f"marked {nonce()}"
    task = await created(driver, EASY, label="mine", systemPrompt=mark)
    await follow(driver, task, label="run")
    await poll(driver, task, frozenset({"completed", "failed"}), label="before", timeout=10)
    await history(driver, task, label="history before")
    path = {"id": task}
    for operation in ("get_task", "get_task_history", "list_artifacts", "stream_task"):
        await driver.call(operation, label=f"reads: {operation}", caller=reader, path=path)
    await driver.call("list_tasks", label="reads: list_tasks", caller=reader, query={"limit": "100"})
    await create(driver, EASY, label="changes: create_task", caller=reader, systemPrompt=mark)
    form = {"message": EASY, "systemPrompt": mark}
    await create_form(driver, form, label="changes: create_task by a form", caller=reader)
    await say(driver, task, EASY, label="changes: send_message", caller=reader)
    await say(driver, task, EASY, label="changes: send_message by a form", caller=reader, as_form=True)
    await driver.call("cancel_task", label="changes: cancel_task", caller=reader, path=path)
    await decide(driver, task, "call_1", "proceed_once", label="changes: approve_tool_call", caller=reader)
    await get(driver, task, label="after")
    await history(driver, task, label="history after")
    await driver.call("list_tasks", label="list", query={"limit": "100"})
    if driver.credentials.second_api_key is not None:
        other = {"id": await created(driver, EASY, label="another project's", caller=driver.second)}
        for operation in ("get_task", "get_task_history", "list_artifacts", "stream_task"):
            await driver.call(operation, label=f"another project's: {operation}", caller=reader, path=other)
        await driver.call("list_tasks", label="another project's: list_tasks", caller=reader)
