"""The files of a task's workspace, for callers with access to the task."""

from sigmic_mock.domain.model import Principal
from sigmic_mock.service.task_cache import TaskCache
from sigmic_mock.storage.workspaces import Artifact, OpenArtifact, Workspaces


class Artifacts:
    """Uploads, outputs and whatever the agent made; they outlive the session (U-09)."""

    def __init__(self, cache: TaskCache, workspaces: Workspaces) -> None:
        self._cache = cache
        self._workspaces = workspaces

    async def list(self, principal: Principal, id: str) -> tuple[Artifact, ...]:
        """List the files. Raises NOT_FOUND."""
        task = (await self._cache.visible(principal, id)).task
        return await self._workspaces.list(task.id)

    async def open(self, principal: Principal, id: str, path: str) -> OpenArtifact:
        """Open one file; the caller closes it. Raises NOT_FOUND for the task and for the file (G-78)."""
        task = (await self._cache.visible(principal, id)).task
        return await self._workspaces.open(task.id, path)
