"""The files of a task's workspace, for whoever may see the task."""

from mock_server.core.model import Principal
from mock_server.service.loaded import LoadedTasks
from mock_server.storage.workspaces import Artifact, OpenArtifact, Workspaces


class Artifacts:
    """Uploads, outputs and whatever the agent made; they outlive the session (U-09)."""

    def __init__(self, loaded: LoadedTasks, workspaces: Workspaces) -> None:
        self._loaded = loaded
        self._workspaces = workspaces

    async def list(self, principal: Principal, id: str) -> tuple[Artifact, ...]:
        """List the files. Raises NOT_FOUND."""
        await self._loaded.visible(principal, id)
        return await self._workspaces.list(id)

    async def open(self, principal: Principal, id: str, path: str) -> OpenArtifact:
        """Open one file; the caller closes it. Raises NOT_FOUND for the task and for the file (G-78)."""
        await self._loaded.visible(principal, id)
        return await self._workspaces.open(id, path)
