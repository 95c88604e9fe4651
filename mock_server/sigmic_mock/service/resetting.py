"""Resets a project to its initial state: its turns, sessions, tasks and files. No other is affected.

What the caller sees is gone when `reset` returns. The files of the old workspaces are removed after that,
which no caller can see, because their tasks no longer exist.
"""

import asyncio

from sigmic_mock.runtime.slices import in_slices
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.running_turns import RunningTurns
from sigmic_mock.storage.file_work import to_the_end


class Resetting:
    """Resets projects. Accounts stay: keys and tokens continue to work."""

    def __init__(self, deps: TaskDependencies, turns: RunningTurns) -> None:
        self._deps = deps
        self._turns = turns

    async def reset(self, project_id: str) -> int:
        """Remove every task of the project; return their number."""
        await self._turns.abandon(project_id)
        task_ids = await self._deps.store.remove(project_id)
        if not task_ids:
            return 0
        for task_id in task_ids:
            self._deps.cache.forget(task_id)
        # Before this returns: with a seed, the next task may have the id of a removed one.
        await in_slices(self._deps.sessions.expire, task_ids)
        moved = await to_the_end(lambda: self._deps.workspaces.retire(task_ids))
        work = self._remove_files(task_ids, moved)
        _ = self._deps.background.start(work, name=f"remove files of {project_id}")
        return len(task_ids)

    async def _remove_files(self, task_ids: tuple[str, ...], moved: tuple[str, ...]) -> None:
        for task_id in task_ids:
            await self._deps.sessions.ended(task_id)
        for name in moved:
            await self._deps.workspaces.remove(name)
            await asyncio.sleep(0)
