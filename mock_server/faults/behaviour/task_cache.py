"""A task cache that shows tasks to callers who may not know of them."""

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal, Task, TaskStatus
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.choice import FaultInjecting
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.request_in_hand import in_hand
from sigmic_conformance.mock_server.ports import Clocks
from sigmic_conformance.mock_server.service.task_cache import TaskCache
from sigmic_conformance.mock_server.service.timeline import Timelines
from sigmic_conformance.mock_server.storage.tasks import TaskStore


class FaultyTaskCache(FaultInjecting, TaskCache):
    """Shows a foreign task, or tells that there is one (X-08)."""

    def __init__(self, store: TaskStore, clocks: Clocks, timelines: Timelines, *, faults: Faults) -> None:
        self._faults = faults
        super().__init__(store, clocks, timelines)

    @property
    def may_fault(self) -> bool:
        # A fault of the task's project acts on callers of every other project.
        return not self._faults.is_at_rest

    def _require_visible(self, principal: Principal, task: Task) -> None:
        try:
            super()._require_visible(principal, task)
        except ApiError:
            request = in_hand()
            operation = None if request is None else request.operation
            asker = Asker(self._faults, task.project_id, task=task.id, operation=operation)
            border = _border(principal, task)
            if border and _is_acted_upon(operation, task.status) and asker.wanted("isolation", border):
                return
            if asker.wanted("isolation.revealed"):
                raise ApiError(ErrorCode.FORBIDDEN) from None
            raise


def _border(principal: Principal, task: Task) -> str | None:
    """Return what is between a caller and a task: `project`, or `end-user` for two of one app, else None."""
    if task.project_id != principal.project_id:
        return "project"
    return "end-user" if task.end_user_id and task.app_id == principal.app_id else None


def _is_acted_upon(operation: str | None, status: TaskStatus) -> bool:
    """Return whether a task in this status takes what is asked of it, else there is no effect."""
    match operation:
        case "send_message":
            return status.is_final
        case "cancel_task":
            return not status.is_final
        case _:
            return True
