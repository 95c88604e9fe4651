"""Artifacts that are withheld, show hidden files, or lead out of the workspace."""

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal, Task, TaskStatus
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces
from sigmic_conformance.mock_server.faults.choice import FaultInjectingPart
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.service.artifacts import Artifacts
from sigmic_conformance.mock_server.service.task_cache import TaskCache
from sigmic_conformance.mock_server.storage.workspaces import Artifact, OpenArtifact


class FaultyArtifacts(FaultInjectingPart, Artifacts):
    """Withholds files by the task's status, and lists or opens what it should not."""

    def __init__(self, cache: TaskCache, workspaces: FaultyWorkspaces, *, faults: Faults) -> None:
        self._faults = faults
        super().__init__(cache, workspaces)
        self._open_to_all = workspaces

    def _asker(self, task: Task) -> Asker:
        return Asker(self._faults, task.project_id, task=task.id, code=task.status.value)

    async def _task(self, principal: Principal, id: str) -> Task:
        task = await super()._task(principal, id)
        asker = self._asker(task)
        if not task.status.is_final and asker.wanted("files.while-running"):
            raise ApiError(ErrorCode.NOT_FOUND, "No files yet")
        if task.status is TaskStatus.CANCELLED and asker.wanted("files.of-cancelled"):
            raise ApiError(ErrorCode.NOT_FOUND, "The files were removed")
        return task

    async def _list(self, task: Task) -> tuple[Artifact, ...]:
        shown, asker = await super()._list(task), self._asker(task)
        if asker.is_idle("files.hidden-listed"):
            return shown
        everything = await self._open_to_all.list_everything(task.id)
        is_wanted = len(everything) > len(shown) and asker.wanted("files.hidden-listed")
        return everything if is_wanted else shown

    async def _open(self, task: Task, path: str) -> OpenArtifact:
        try:
            return await super()._open(task, path)
        except ApiError:
            asker = self._asker(task)
            leaving = (
                None if asker.is_idle("files.outside") else await self._open_to_all.outside(task.id, path)
            )
            if leaving is None or not asker.wanted("files.outside", leaving[0]):
                raise
            return await self._open_to_all.open_outside(leaving[1])
