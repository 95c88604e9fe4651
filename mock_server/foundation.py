"""What every part of the platform is built on, opened first and closed last."""

from dataclasses import dataclass
from pathlib import Path

from mock_server.background import BackgroundWork
from mock_server.clock.clocks import Clocks
from mock_server.faults.engine import Faults
from mock_server.ids import ProjectIds
from mock_server.journal.ring import Journal
from mock_server.ports import SandboxBackend
from mock_server.settings import Settings
from mock_server.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """What everything else stands on."""

    settings: Settings
    data_dir: Path
    database: Database
    backend: SandboxBackend
    background: BackgroundWork
    clocks: Clocks
    ids: ProjectIds
    faults: Faults
    journal: Journal | None = None
    """The developer's; None when none is kept."""
