"""The parts of a project's snapshot besides its tasks: time, seed, faults."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.bootstrap.infrastructure import Foundation
from sigmic_conformance.mock_server.runtime.clock.clocks import Clocks
from sigmic_conformance.mock_server.runtime.clock.mode import Mode
from sigmic_conformance.mock_server.runtime.ids import ProjectIds, SeedPosition
from sigmic_conformance.mock_server.service.snapshots import SnapshotPart

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.armed import Armed
    from sigmic_conformance.mock_server.faults.engine import Faults


class ClockPart:
    """Mode and calendar. Fulfils `service.snapshots.SnapshotPart`, as the others do."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks

    def capture(self, project_id: str) -> tuple[Mode, int]:
        clock = self._clocks.of(project_id)
        return clock.mode, clock.now()

    def restore(self, project_id: str, captured: tuple[Mode, int], _renamed: Mapping[str, str]) -> None:
        clock = self._clocks.of(project_id)
        clock.set_mode(captured[0])
        clock.set_now(captured[1])


class SeedPart:
    """The seed, and how much was drawn from it."""

    def __init__(self, ids: ProjectIds) -> None:
        self._ids = ids

    def capture(self, project_id: str) -> SeedPosition | None:
        return self._ids.position(project_id)

    def restore(self, project_id: str, captured: SeedPosition | None, renamed: Mapping[str, str]) -> None:
        self._ids.restore(project_id, None if captured is None else captured.copy(renamed))


class FaultPart:
    """The armed faults with what they have counted and drawn."""

    def __init__(self, faults: "Faults") -> None:
        self._faults = faults

    def capture(self, project_id: str) -> "tuple[Armed, ...]":
        return self._faults.hold(project_id)

    def restore(self, project_id: str, captured: "tuple[Armed, ...]", renamed: Mapping[str, str]) -> None:
        self._faults.put_back(project_id, captured, renamed)


def snapshot_parts(base: Foundation) -> Mapping[str, SnapshotPart]:
    """Return all of them, in the order in which they are restored."""
    parts: dict[str, SnapshotPart] = {"clock": ClockPart(base.clocks), "seed": SeedPart(base.ids)}
    if base.faults is not None:
        parts["faults"] = FaultPart(base.faults)
    return parts
