"""The use cases of the Task API: create, list, get, history, follow up, approve, cancel."""

from mock_server.core.model import Outcome, Principal, Task
from mock_server.core.paging import DEFAULT_LIMIT, Page
from mock_server.ports import Upload
from mock_server.service.values import CreateTask, History, TaskSummary, TaskView


class Tasks:
    """What a caller may do with tasks. Every method raises `ApiError`; a foreign task is NOT_FOUND (G-41)."""

    async def create(self, principal: Principal, request: CreateTask) -> Task:
        """Save a new task, commit its upload and start it; return it `pending`, once it is on disk."""
        raise NotImplementedError

    async def list(
        self, principal: Principal, limit: int = DEFAULT_LIMIT, offset: int = 0
    ) -> Page[TaskSummary]:
        """Return one page of the caller's tasks, most recent activity first."""
        raise NotImplementedError

    async def get(self, principal: Principal, id: str) -> TaskView:
        """Return one task with the output of its last turn."""
        raise NotImplementedError

    async def history(self, principal: Principal, id: str) -> History:
        """Return one task with its saved conversation."""
        raise NotImplementedError

    async def check_sendable(self, principal: Principal, id: str) -> None:
        """Raise what `send_message` would raise before it looks at the message: ask before an upload."""
        raise NotImplementedError

    async def send_message(
        self, principal: Principal, id: str, text: str, upload: Upload | None = None
    ) -> None:
        """Save a follow-up and run it; returns once it is on disk and the task is `running`.

        CONFLICT while the task is not finished (G-59). The upload is discarded when this raises.
        """
        raise NotImplementedError

    async def approve(self, principal: Principal, id: str, call_id: str, outcome: Outcome) -> bool:
        """Answer an approval request; True when the call may go on. NOT_FOUND when none is open (G-64)."""
        raise NotImplementedError

    async def cancel(self, principal: Principal, id: str) -> None:
        """Stop a task that is not finished; CONFLICT when it is (G-71)."""
        raise NotImplementedError
