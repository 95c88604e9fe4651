"""What faults make the platform do wrong with the pages of the list: their place, their order, their tasks.

Rule: a fault is asked for only where it changes the page, because a yes counts as fired.
"""

from sigmic_conformance.mock_server.domain.access import Scope
from sigmic_conformance.mock_server.service.workplace import Workplace
from sigmic_conformance.mock_server.storage.task_rows import StoredTask

Rows = tuple[StoredTask, ...]


class Mispaging:
    """The pages of the list; without an armed fault they are those of the store."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def page(self, scope: Scope, limit: int, offset: int) -> tuple[Rows, int]:
        """Return one page and the total."""
        store = self._place.store
        rows, total = await store.page(scope, limit, offset)
        if not rows:
            if total and self._deviates("list.clamped", scope):
                return await store.page(scope, limit, max(0, total - limit))
            return rows, total
        if offset and self._deviates("list.overlaps", scope):
            rows, total = await store.page(scope, limit, offset - 1)
        return self._reordered(scope, self._shown(scope, rows)), total

    def _shown(self, scope: Scope, rows: Rows) -> Rows:
        shown = tuple(row for row in rows if row.task.show_in_history)
        return shown if shown != rows and self._deviates("list.hidden", scope) else rows

    def _reordered(self, scope: Scope, rows: Rows) -> Rows:
        made = tuple(sorted(rows, key=lambda row: row.task.created_at, reverse=True))
        if made != rows and self._deviates("list.by-creation", scope):
            return made
        return rows[::-1] if len(rows) > 1 and self._deviates("list.unordered", scope) else rows

    def _deviates(self, decision: str, scope: Scope) -> bool:
        return self._place.deviations.deviates(decision, scope.project_id) is not None
