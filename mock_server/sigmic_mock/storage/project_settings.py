"""The table of project settings that were changed while a server ran; sealed, because they contain secrets.

Declared settings are not here: the configuration is read at every start.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_mock.storage.database import Database
from sigmic_mock.storage.keyring import Sealer
from sigmic_mock.storage.rows import delete


@dataclass(frozen=True, slots=True)
class ChangedSettings:
    """The settings of one project as JSON values: as changed, and as they were declared at that time."""

    changed: Mapping[str, Any]
    declared: Mapping[str, Any]


class SettingsStore:
    """Changed settings on disk."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def load(self) -> dict[str, ChangedSettings]:
        """Return the changed settings by project id."""
        rows = await self._database.read(
            lambda con: con.execute("SELECT project_id, sealed FROM project_settings").fetchall()
        )
        opened = {project_id: await self._sealer.unseal(sealed) for project_id, sealed in rows}
        return {
            project_id: ChangedSettings(held["changed"], held["declared"])
            for project_id, held in opened.items()
        }

    async def keep(self, project_id: str, settings: ChangedSettings) -> None:
        """Save a project's settings, if the project still exists."""
        sealed = await self._sealer.seal({"changed": settings.changed, "declared": settings.declared})

        def write(con: sqlite3.Connection) -> None:
            con.execute(
                "INSERT OR REPLACE INTO project_settings SELECT id, ? FROM projects WHERE id = ?",
                (sealed, project_id),
            )

        await self._database.write(write)

    async def drop(self, project_id: str) -> None:
        """Remove a project's changed settings, so that the declared ones apply again."""
        await self._database.write(lambda con: delete(con, "project_settings", "project_id = ?", project_id))
