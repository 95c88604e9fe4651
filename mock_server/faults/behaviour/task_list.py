"""Lists of tasks whose pages overlap, end elsewhere, or show other tasks than the caller's."""

from dataclasses import replace
from itertools import cycle, islice

from sigmic_conformance.mock_server.domain.model import Principal, Task
from sigmic_conformance.mock_server.domain.paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.choice import FaultInjectingPart
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.request_in_hand import in_hand, page_of
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.runs import Runs
from sigmic_conformance.mock_server.service.tasks import Tasks, TaskSummary
from sigmic_conformance.mock_server.service.variables import TokenVariables
from sigmic_conformance.mock_server.storage.task_rows import StoredTask

Rows = tuple[StoredTask, ...]
_ALL = 100_000


class FaultyTaskList(FaultInjectingPart, Tasks):
    """Use cases with a misbehaving list."""

    def __init__(self, deps: TaskDependencies, runs: Runs, tokens: TokenVariables, *, faults: Faults) -> None:
        self._faults = faults
        super().__init__(deps, runs, tokens)

    def _asker(self, task: Task) -> Asker:
        return Asker(self._faults, task.project_id, task=task.id)

    async def list(
        self, principal: Principal, limit: int = DEFAULT_LIMIT, offset: int = 0
    ) -> Page[TaskSummary]:
        """Return one page; one above the longest is filled up by repetition."""
        is_long = limit > MAX_LIMIT and self._wanted(principal, "list.long-page", "page")
        if not is_long:
            return await super().list(principal, limit, offset)
        page = await self._page(principal, limit, offset)
        return replace(page, items=tuple(islice(cycle(page.items), limit)))

    def _wanted(self, principal: Principal, decision: str, code: str | None = None) -> bool:
        return Asker(self._faults, principal.project_id).wanted(decision, code)

    async def _rows(self, principal: Principal, limit: int, offset: int) -> tuple[Rows, int]:
        request = in_hand()
        if request is not None:
            rows, total = await super()._rows(principal, limit, offset)
            request.page = page_of(shown=len(rows), limit=limit, offset=offset, total=total)
        of_everybody = await self._of_others_too(principal, limit, offset)
        if of_everybody is not None:
            rows, total = of_everybody
        else:
            rows, total = await self._misplaced_rows(principal, limit, offset)
        if principal.is_end_user or self._faults.is_idle("list.own-key-only"):
            return rows, total
        everything, _ = await super()._rows(principal, _ALL, 0)
        own = tuple(row for row in everything if row.task.api_key_id == principal.api_key_id)
        if len(own) == len(everything) or not self._wanted(principal, "list.own-key-only"):
            return rows, total
        return own[offset : offset + limit], len(own)

    async def _of_others_too(self, principal: Principal, limit: int, offset: int) -> tuple[Rows, int] | None:
        """Return a page of everybody's tasks where a fault wants it and somebody else's are on it."""
        if self._faults.is_idle("list.scope"):
            return None
        rows, total = await self._rows_of_everybody(limit, offset)
        own, _ = await super()._rows(principal, _ALL, 0)
        others = {row.task.id for row in rows} - {row.task.id for row in own}
        return (rows, total) if others and self._wanted(principal, "list.scope") else None

    async def _rows_of_everybody(self, limit: int, offset: int) -> tuple[Rows, int]:
        """Return a page of the tasks of every project. Reads them one by one, so it is slow."""
        found = [await self._cache.find(task_id) for task_id in await self._store.ids()]
        rows = [cached.stored for cached in found if cached is not None]
        rows.sort(key=lambda row: (-row.task.last_activity_at, row.task.id))
        return tuple(rows[offset : offset + limit]), len(rows)

    async def _misplaced_rows(self, principal: Principal, limit: int, offset: int) -> tuple[Rows, int]:
        """Return a page that may begin elsewhere, leave tasks out, or be in another order."""
        rows, total = await super()._rows(principal, limit, offset)
        if not rows:
            if total and self._wanted(principal, "list.clamped"):
                return await super()._rows(principal, limit, max(0, total - limit))
            return rows, total
        if offset and self._wanted(principal, "list.overlaps"):
            rows, total = await super()._rows(principal, limit, offset - 1)
        return self._reordered(principal, self._shown(principal, rows)), total

    def _shown(self, principal: Principal, rows: Rows) -> Rows:
        shown = tuple(row for row in rows if row.task.show_in_history)
        return shown if shown != rows and self._wanted(principal, "list.hidden") else rows

    def _reordered(self, principal: Principal, rows: Rows) -> Rows:
        by_creation = tuple(sorted(rows, key=lambda row: row.task.created_at, reverse=True))
        if by_creation != rows and self._wanted(principal, "list.by-creation"):
            return by_creation
        return rows[::-1] if len(rows) > 1 and self._wanted(principal, "list.unordered") else rows
