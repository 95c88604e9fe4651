"""The table of people's roles in single projects."""

import sqlite3
from collections.abc import Mapping

from sigmic_mock.domain.model import Role
from sigmic_mock.storage.database import Database


class MemberStore:
    """Roles on disk, by project and user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> dict[tuple[str, str], Role]:
        """Return every assigned role."""
        rows = await self._database.read(
            lambda con: con.execute("SELECT project_id, user, role FROM members").fetchall()
        )
        return {(project_id, user): Role(role) for project_id, user, role in rows}

    async def replace(self, project_id: str, roles: Mapping[str, Role]) -> None:
        """Replace all roles of a project, if the project still exists."""
        rows = [(user, role.value, project_id) for user, role in roles.items()]

        def write(con: sqlite3.Connection) -> None:
            con.execute("DELETE FROM members WHERE project_id = ?", (project_id,))
            con.executemany("INSERT INTO members SELECT id, ?, ? FROM projects WHERE id = ?", rows)

        await self._database.write(write)
