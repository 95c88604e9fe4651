"""After a start: what the process before left unfinished is ended honestly, and its leftovers are removed."""

import asyncio
import logging
from dataclasses import replace

from sigmic_conformance.mock_server.domain.lifecycle import Input, advance
from sigmic_conformance.mock_server.domain.model import Output, ToolCall, ToolStatus
from sigmic_conformance.mock_server.ports import Clocks, ProjectIds
from sigmic_conformance.mock_server.storage.staging import Staging
from sigmic_conformance.mock_server.storage.task_rows import StoredTask
from sigmic_conformance.mock_server.storage.tasks import TaskStore
from sigmic_conformance.mock_server.storage.workspaces import Workspaces

log = logging.getLogger(__name__)

RESTARTED = "The server restarted while this task was running; send a message to continue."
_INTERRUPTED = "The server restarted before this call ended."


async def recover(
    *, store: TaskStore, workspaces: Workspaces, staging: Staging, clocks: Clocks, ids: ProjectIds
) -> int:
    """Fail every unfinished task, keeping its partial answer; return how many. Call before serving."""
    unfinished = await store.unfinished()
    await asyncio.gather(*(_fail(stored, store, clocks, ids) for stored in unfinished))
    if unfinished:
        log.warning("tasks were interrupted by the last stop", extra={"tasks": len(unfinished)})
    await staging.empty()
    await workspaces.remove_orphans(await store.ids())
    return len(unfinished)


async def _fail(stored: StoredTask, store: TaskStore, clocks: Clocks, ids: ProjectIds) -> None:
    now = clocks.of(stored.task.project_id).now()
    output = None if stored.output is None else _interrupted(stored.output, now)
    answer = None
    if output is not None and not output.is_empty:
        answer = output.as_answer(ids.of(stored.task.project_id).message(stored.task.id), now)
    task = advance(stored.task, Input.CRASH, now, error=RESTARTED)
    await store.save(replace(stored, task=task, output=output), answer)


def _interrupted(output: Output, now: int) -> Output:
    return replace(output, updated_at=now, tool_calls=tuple(map(_ended, output.tool_calls)))


def _ended(call: ToolCall) -> ToolCall:
    if call.output is not None:
        return call
    return replace(call, status=ToolStatus.CANCELLED, output=_INTERRUPTED)
