"""One clock per project, so that two test suites on one server never move each other's time."""

from collections.abc import Mapping

from sigmic_mock.runtime.clock.mode import REAL, Mode
from sigmic_mock.runtime.clock.project_clock import ProjectClock


class Clocks:
    """Fulfils `ports.Clocks`. A clock is created when first requested, in the mode of the start."""

    def __init__(self, mode: Mode = REAL) -> None:
        self._mode = mode
        self._clocks: dict[str, ProjectClock] = {}

    def of(self, project_id: str) -> ProjectClock:
        clock = self._clocks.get(project_id)
        if clock is None:
            clock = self._clocks[project_id] = ProjectClock(self._mode)
        return clock

    def reset(self, project_id: str) -> None:
        """Reset a project's clock to the mode of the start, and its calendar to today."""
        self.of(project_id).back_to(self._mode)

    def capture(self, project_id: str) -> tuple[Mode, int]:
        """Return mode and calendar, for a snapshot."""
        clock = self.of(project_id)
        return clock.mode, clock.now()

    def restore(self, project_id: str, captured: tuple[Mode, int], _renamed: Mapping[str, str]) -> None:
        clock = self.of(project_id)
        clock.set_mode(captured[0])
        clock.set_now(captured[1])

    def forget(self, project_id: str) -> None:
        """Close and remove the clock of a deleted project."""
        clock = self._clocks.pop(project_id, None)
        if clock is not None:
            clock.close()

    def close(self) -> None:
        """Cancel all timers."""
        for clock in self._clocks.values():
            clock.close()
