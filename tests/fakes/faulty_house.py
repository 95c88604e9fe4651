"""A house in which faults can be armed, and a dry run recorded."""

from pathlib import Path

from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.mock_server.faults.effects import load_effects
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.situation import Situations
from sigmic_conformance.mock_server.faults.trigger import FaultContext
from tests.fakes.house import House


class Nowhere(Situations):
    """Knows no situation."""

    def __init__(self) -> None:
        """There are no timelines."""

    def values(self, _dimension: str, _context: FaultContext) -> frozenset[str]:
        return frozenset()

    def message_saved(self, task: str, paths: tuple[str, ...]) -> None:
        """Nothing is kept."""


class FaultyHouse(House):
    """Make it on an event loop."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        load_effects()
        self.engine = Faults(self.clock)
        self.engine.situations = Nowhere()
        self.engine.serve_here()

    def dry_run(self, fault: str, project: str = "project") -> None:
        """From now on record where a fault could fire; it does not."""
        self.engine.begin_dry_run([specify(fault, {})], project)

    def recorded(self, project: str = "project") -> list[str]:
        """Return the fault if it could have fired, or nothing; record no more."""
        run = self.engine.end_dry_run(project)
        return [] if run is None else [fault for fault, *_ in run.occasions()]
