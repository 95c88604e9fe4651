"""A platform without its edge (`House`) with fault injection and dry runs."""

from pathlib import Path

from sigmic_mock.faults.catalogue import specify
from sigmic_mock.faults.effects import load_effects
from sigmic_mock.faults.engine import Faults
from sigmic_mock.faults.situation import Situations
from sigmic_mock.faults.trigger import FaultContext
from tests.fakes.house import House


class Nowhere(Situations):
    """Situations without a value in any dimension."""

    def __init__(self) -> None:
        """Build no timelines."""

    def values(self, _dimension: str, _context: FaultContext) -> frozenset[str]:
        return frozenset()

    def message_saved(self, task: str, paths: tuple[str, ...]) -> None:
        """Save nothing."""


class FaultyHouse(House):
    """A `House` with fault injection. Create it on a running event loop."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        load_effects()
        self.engine = Faults(self.clock)
        self.engine.situations = Nowhere()
        self.engine.serve_here()

    def dry_run(self, fault: str, project: str = "project") -> None:
        """Record from now on where a fault could fire. The fault does not fire."""
        self.engine.begin_dry_run([specify(fault, {})], project)

    def recorded(self, project: str = "project") -> list[str]:
        """Stop recording; return the fault in a list if it could have fired, otherwise an empty list."""
        run = self.engine.end_dry_run(project)
        return [] if run is None else [fault for fault, *_ in run.occasions()]
