"""The files of a task's workspace, for whoever may see the task."""

from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal, Task, TaskStatus
from sigmic_conformance.mock_server.ports import Deviations, Faithful
from sigmic_conformance.mock_server.service.loaded import LoadedTasks
from sigmic_conformance.mock_server.storage.workspaces import Artifact, OpenArtifact

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces


class Artifacts:
    """Uploads, outputs and whatever the agent made; they outlive the session (U-09)."""

    def __init__(
        self, loaded: LoadedTasks, workspaces: "FaultyWorkspaces", deviations: Deviations | None = None
    ) -> None:
        self._loaded = loaded
        self._workspaces = workspaces
        self._deviations = deviations or Faithful()

    async def list(self, principal: Principal, id: str) -> tuple[Artifact, ...]:
        """List the files. Raises NOT_FOUND."""
        task = (await self._loaded.visible(principal, id)).task
        self._refuse_wrongly(task)
        everything = self._deviates("files.hidden-listed", task, task.status.value)
        return await self._workspaces.list(id, everything=everything)

    async def open(self, principal: Principal, id: str, path: str) -> OpenArtifact:
        """Open one file; the caller closes it. Raises NOT_FOUND for the task and for the file (G-78)."""
        task = (await self._loaded.visible(principal, id)).task
        self._refuse_wrongly(task)
        try:
            return await self._workspaces.open(id, path)
        except ApiError:
            leaving = self._workspaces.outside(id, path)
            if leaving is None or not self._deviates("files.outside", task, leaving[0]):
                raise
            return await self._workspaces.open_outside(leaving[1])

    def _refuse_wrongly(self, task: Task) -> None:
        if not task.status.is_final and self._deviates("files.while-running", task, task.status.value):
            raise ApiError(ErrorCode.NOT_FOUND, "No files yet")
        if task.status is TaskStatus.CANCELLED and self._deviates(
            "files.of-cancelled", task, task.status.value
        ):
            raise ApiError(ErrorCode.NOT_FOUND, "No files any more")

    def _deviates(self, decision: str, task: Task, code: str) -> bool:
        return self._deviations.deviates(decision, task.project_id, task=task.id, code=code) is not None
