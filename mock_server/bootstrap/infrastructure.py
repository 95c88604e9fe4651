"""The infrastructure under every part of the platform, opened first and closed last."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.config.settings import Settings
from sigmic_conformance.mock_server.journal.ring import Journal
from sigmic_conformance.mock_server.ports import SandboxBackend
from sigmic_conformance.mock_server.runtime.background import BackgroundWork
from sigmic_conformance.mock_server.runtime.clock.clocks import Clocks
from sigmic_conformance.mock_server.runtime.ids import ProjectIds
from sigmic_conformance.mock_server.runtime.watchdog import Watchdog
from sigmic_conformance.mock_server.storage.database import Database

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.engine import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """What all other parts depend on."""

    settings: Settings
    data_dir: Path
    database: Database
    backend: SandboxBackend
    background: BackgroundWork
    clocks: Clocks
    ids: ProjectIds
    watchdog: Watchdog
    faults: "Faults | None"
    """None with --no-faults."""
    journal: Journal | None
    """The developer's journal; None if it is off."""
