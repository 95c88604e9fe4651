"""The files of a task's workspace, for whoever may see the task."""

from sigmic_conformance.mock_server.domain.model import Principal, Task
from sigmic_conformance.mock_server.service.task_cache import TaskCache
from sigmic_conformance.mock_server.storage.workspaces import Artifact, OpenArtifact, Workspaces


class Artifacts:
    """Uploads, outputs and whatever the agent made; they outlive the session (U-09)."""

    def __init__(self, cache: TaskCache, workspaces: Workspaces) -> None:
        self._cache = cache
        self._workspaces = workspaces

    async def list(self, principal: Principal, id: str) -> tuple[Artifact, ...]:
        """List the files. Raises NOT_FOUND."""
        return await self._list(await self._task(principal, id))

    async def open(self, principal: Principal, id: str, path: str) -> OpenArtifact:
        """Open one file; the caller closes it. Raises NOT_FOUND for the task and for the file (G-78)."""
        return await self._open(await self._task(principal, id), path)

    async def _task(self, principal: Principal, id: str) -> Task:
        return (await self._cache.visible(principal, id)).task

    async def _list(self, task: Task) -> tuple[Artifact, ...]:
        return await self._workspaces.list(task.id)

    async def _open(self, task: Task, path: str) -> OpenArtifact:
        return await self._workspaces.open(task.id, path)
