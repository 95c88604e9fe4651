"""The table of the roles that people were given in single projects."""

import sqlite3

from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.storage.database import Database


class MemberStore:
    """Roles on disk, by project and user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> dict[tuple[str, str], Role]:
        """Return every role that was given."""
        rows = await self._database.read(
            lambda con: con.execute("SELECT project_id, user, role FROM members").fetchall()
        )
        return {(project_id, user): Role(role) for project_id, user, role in rows}

    async def keep(self, project_id: str, user: str, role: Role) -> None:
        """Keep a role, if there still is that project."""

        def write(con: sqlite3.Connection) -> None:
            con.execute(
                "INSERT OR REPLACE INTO members SELECT id, ?, ? FROM projects WHERE id = ?",
                (user, role.value, project_id),
            )

        await self._database.write(write)

    async def drop(self, project_id: str, user: str) -> None:
        """Remove a role."""

        def remove(con: sqlite3.Connection) -> None:
            con.execute("DELETE FROM members WHERE project_id = ? AND user = ?", (project_id, user))

        await self._database.write(remove)
