"""The tasks of probes that are over: nothing changes them any longer, so every later view must agree."""

from sigmic_conformance.traffic.callers import Caller
from sigmic_conformance.traffic.seed import hex_digits


class FinishedTasks:
    """Filled by the engine, read by journeys; two threads use it."""

    def __init__(self) -> None:
        self._tasks: list[tuple[str, Caller]] = []

    def add(self, task: str, creator: Caller) -> None:
        """Add a task of a probe that is over, and who created it."""
        self._tasks.append((task, creator))

    def draw(self) -> tuple[str, Caller] | None:
        """One of them, by the probe's random source; None if there is none yet."""
        return self._tasks[int(hex_digits(8), 16) % len(self._tasks)] if self._tasks else None
