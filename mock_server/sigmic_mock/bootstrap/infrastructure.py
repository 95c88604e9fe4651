"""The infrastructure under every part of the platform, opened first and closed last."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sigmic_mock.config.settings import Settings
from sigmic_mock.journal.ring import Journal
from sigmic_mock.ports import SandboxBackend
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.runtime.clock.clocks import Clocks
from sigmic_mock.runtime.ids import ProjectIds
from sigmic_mock.runtime.watchdog import Watchdog
from sigmic_mock.storage.database import Database

if TYPE_CHECKING:
    from sigmic_mock.faults.engine import Faults


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
