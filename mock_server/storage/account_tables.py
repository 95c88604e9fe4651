"""Tables of projects, API keys, widget apps and token exchanges. See `schema`: append, never edit."""

from collections.abc import Sequence

MIGRATIONS: Sequence[str] = (
    "CREATE TABLE projects (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE api_keys (
        id TEXT PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        project_id TEXT NOT NULL REFERENCES projects (id),
        name TEXT NOT NULL,
        username TEXT NOT NULL,
        role TEXT NOT NULL,
        expires_at INTEGER,
        revoked INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE widget_apps (
        id TEXT PRIMARY KEY,
        secret_digest BLOB NOT NULL,
        project_id TEXT NOT NULL REFERENCES projects (id),
        name TEXT NOT NULL,
        allowed_origins TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE token_exchanges (
        token_id TEXT PRIMARY KEY,
        app_id TEXT NOT NULL,
        end_user_id TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        sealed BLOB
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX token_exchanges_of_end_user ON token_exchanges (app_id, end_user_id, created_at)",
    # Made while a server ran (`service.minting`), not declared by its configuration.
    "ALTER TABLE projects ADD COLUMN minted INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE api_keys ADD COLUMN minted INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE widget_apps ADD COLUMN minted INTEGER NOT NULL DEFAULT 0",
)
