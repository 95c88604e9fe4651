"""End what a probe left running: an unfinished task may take the place of another."""

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.steps import decide, get, status_of
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.json_values import FINAL

MOST_REJECTIONS = 3


async def end_leftovers(driver: Driver) -> None:
    """Cancel each task of the probe that is not over.

    Where only a running task can be cancelled (G-64), the calls for which it waits are rejected.
    """
    # A background task of the probe may still create another.
    for task, caller in tuple(driver.created.items()):
        for _ in range(MOST_REJECTIONS):
            left = await get(driver, task, label="left over", caller=caller)
            if not left.ok or status_of(left) in FINAL:
                break
            path = {"id": task}
            cancelled = await driver.call("cancel_task", label="left over: cancel", path=path, caller=caller)
            if cancelled.succeeded:
                break
            for waiting in json_values.objects(left.fields.get("pendingApprovals")):
                call = json_values.word(waiting.get("callId"))
                await decide(driver, task, call, "cancel", label="left over: reject", caller=caller)
