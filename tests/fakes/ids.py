"""Identifiers that count."""


class CountedIds:
    """Fulfils `mock_server.ports.Ids` with predictable values of the documented shapes."""

    def __init__(self) -> None:
        self._next = 0

    def _count(self) -> int:
        self._next += 1
        return self._next

    is_seeded = False

    def of(self, _project_id: str) -> "CountedIds":
        """Fulfil `ports.ProjectIds` too."""
        return self

    def uuid(self) -> str:
        return f"00000000-0000-4000-8000-{self._count():012x}"

    def task(self) -> str:
        return self.uuid()

    def session(self, _task_id: str) -> str:
        return self.uuid()

    def message(self, _task_id: str) -> str:
        return self.uuid()

    def conversation(self, _task_id: str, now: int) -> str:
        return f"{now}-{self._count():09d}"

    def call(self, _task_id: str) -> str:
        return f"call_{self._count():016x}"
