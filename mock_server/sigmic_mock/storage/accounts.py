"""Tables of API keys, widget apps and token exchanges.

Seeded rows follow the configuration: a key that is no longer declared stops working at the next start. Rows
that were created while a server ran (`minted`) stay until their project is deleted, or no longer declared.
No row contains a key, app secret or token-exchange value as text (only digests and sealed bytes).
"""

import sqlite3

from sigmic_mock.domain.accounts import ApiKey, Exchange, Project, Seeds, WidgetApp
from sigmic_mock.storage.database import Database
from sigmic_mock.storage.rows import columns, delete, insert, read, read_all

_OF_PROJECTS = ("widget_apps", "api_keys", "project_settings", "members")
"""Tables whose rows are deleted with their project."""


class AccountStore:
    """Accounts on disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seed(self, seeds: Seeds) -> None:
        """Replace the declared accounts, and delete the minted accounts of projects that no longer exist."""
        await self._database.write(lambda con: _seed(con, seeds))

    async def load(self) -> Seeds:
        """Return every project, key and app."""

        def read_tables(con: sqlite3.Connection) -> Seeds:
            return Seeds(
                projects=read_all(Project, con.execute("SELECT * FROM projects")),
                api_keys=read_all(ApiKey, con.execute("SELECT * FROM api_keys")),
                widget_apps=read_all(WidgetApp, con.execute("SELECT * FROM widget_apps")),
            )

        return await self._database.read(read_tables)

    async def add_minted(self, minted: Seeds) -> None:
        """Save accounts that were created while the server runs."""
        await self._database.write(lambda con: _insert(con, minted))

    async def remove_key(self, key_id: str) -> None:
        """Remove a key."""
        await self._database.write(lambda con: delete(con, "api_keys", "id = ?", key_id))

    async def remove_app(self, app_id: str) -> None:
        """Remove a widget app."""
        await self._database.write(lambda con: delete(con, "widget_apps", "id = ?", app_id))

    async def replace_app(self, app: WidgetApp) -> None:
        """Save the current state of a minted widget app."""
        await self._database.write(lambda con: insert(con, "widget_apps", columns(app), "REPLACE"))

    async def rename_project(self, project: Project) -> None:
        """Save a project's name."""

        def write(con: sqlite3.Connection) -> None:
            con.execute("UPDATE projects SET name = ? WHERE id = ?", (project.name, project.id))

        await self._database.write(write)

    async def remove_project(self, project_id: str) -> None:
        """Remove a project with its keys, apps and token exchanges."""
        await self._database.write(lambda con: _remove_project(con, project_id))

    async def add_exchange(self, exchange: Exchange, *, forget_before: int) -> None:
        """Save one exchange, and delete those of its app that expired before `forget_before` (epoch ms).

        Exchanges of other apps are kept, because another project has its own clock.
        """
        await self._database.write(lambda con: _add_exchange(con, exchange, forget_before))

    async def newest_exchange(self, token_id: str) -> Exchange | None:
        """Return the latest exchange of the end user behind `token_id` (G-95)."""
        return await self._database.read(lambda con: _newest_exchange(con, token_id))


def _seed(con: sqlite3.Connection, seeds: Seeds) -> None:
    # Minted keys refer to a declared project while it is deleted and inserted again.
    con.execute("PRAGMA defer_foreign_keys = ON")
    for table in ("widget_apps", "api_keys", "projects"):
        delete(con, table, "NOT minted")
    _insert(con, seeds)
    for table in _OF_PROJECTS:
        delete(con, table, "project_id NOT IN (SELECT id FROM projects)")


def _insert(con: sqlite3.Connection, seeds: Seeds) -> None:
    for table, accounts in (
        ("projects", seeds.projects),
        ("api_keys", seeds.api_keys),
        ("widget_apps", seeds.widget_apps),
    ):
        for each in accounts:
            insert(con, table, columns(each))


def _remove_project(con: sqlite3.Connection, project_id: str) -> None:
    apps = "app_id IN (SELECT id FROM widget_apps WHERE project_id = ?)"
    delete(con, "token_exchanges", apps, project_id)
    for table in _OF_PROJECTS:
        delete(con, table, "project_id = ?", project_id)
    delete(con, "projects", "id = ?", project_id)


def _add_exchange(con: sqlite3.Connection, it: Exchange, forget_before: int) -> None:
    delete(con, "token_exchanges", "app_id = ? AND expires_at < ?", it.app_id, forget_before)
    insert(con, "token_exchanges", columns(it))


def _newest_exchange(con: sqlite3.Connection, token_id: str) -> Exchange | None:
    row = con.execute(
        "SELECT newest.* FROM token_exchanges AS known"
        " JOIN token_exchanges AS newest USING (app_id, end_user_id)"
        " WHERE known.token_id = ? ORDER BY newest.created_at DESC, newest.token_id DESC LIMIT 1",
        (token_id,),
    ).fetchone()
    return None if row is None else read(Exchange, row)
