"""After a start: ends the unfinished work of the last process correctly, and removes its leftovers."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

from sigmic_mock.domain.lifecycle import Input, advance
from sigmic_mock.domain.model import Output, ToolCall, ToolStatus
from sigmic_mock.ports import Clocks
from sigmic_mock.runtime.failing_parts import log_failure
from sigmic_mock.runtime.ids import ProjectIds
from sigmic_mock.storage.file_work import to_the_end
from sigmic_mock.storage.placing import read_placing, take_back
from sigmic_mock.storage.staging import Staging
from sigmic_mock.storage.tasks import StoredTask, TaskStore
from sigmic_mock.storage.workspaces import Workspaces

log = logging.getLogger(__name__)

RESTARTED = "The server restarted while this task was running; send a message to continue."
_INTERRUPTED = "The server restarted before this call ended."


async def recover(
    *, store: TaskStore, workspaces: Workspaces, staging: Staging, clocks: Clocks, ids: ProjectIds
) -> int:
    """Fail every unfinished task, keeping its partial answer; return how many. Call before serving."""
    for area in staging.areas():
        await _take_back(area, store, workspaces)
    unfinished = await store.unfinished()
    await asyncio.gather(*(_fail(stored, store, clocks, ids) for stored in unfinished))
    if unfinished:
        log.warning("tasks were interrupted by the last stop", extra={"tasks": len(unfinished)})
    await staging.empty()
    known = await store.ids()
    if not known:
        await _set_aside(workspaces)
    await workspaces.remove_orphans(known)
    return len(unfinished)


async def _set_aside(workspaces: Workspaces) -> None:
    """Move the workspaces aside: without any task, the database was probably lost."""
    moved = await workspaces.set_aside()
    if moved is not None:
        folder, number = moved
        log.warning("the database holds no task, so the workspaces (%d) were moved to %s", number, folder)


async def _take_back(area: Path, store: TaskStore, workspaces: Workspaces) -> None:
    """Remove the files from a workspace that belong to a message which was not saved (G-28)."""
    placing = read_placing(area)
    if placing is None:
        return
    stored = await store.find(placing.task_id)
    if stored is None or stored.message_count >= placing.number:
        return  # without a task the whole workspace is removed, or set aside
    workspace = workspaces.path(placing.task_id)
    try:
        await to_the_end(lambda: take_back(area, workspace))
    except OSError as problem:
        log_failure(log, problem, "the files of an unsaved message could not be removed from its workspace")


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
