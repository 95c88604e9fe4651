"""The tables of the database, in two families: accounts, and tasks with their messages and outputs.

Each family lists its SQL statements, one per entry, oldest first. Invariant: append, never edit or reorder,
because a data directory stores how many of each family it has applied.
"""

from collections.abc import Mapping, Sequence

_ACCOUNTS: Sequence[str] = (
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
    # Created while a server ran (`service.minting`), not declared by its configuration.
    "ALTER TABLE projects ADD COLUMN minted INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE api_keys ADD COLUMN minted INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE widget_apps ADD COLUMN minted INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE project_settings (
        project_id TEXT PRIMARY KEY REFERENCES projects (id),
        sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE members (
        project_id TEXT NOT NULL REFERENCES projects (id),
        user TEXT NOT NULL,
        role TEXT NOT NULL,
        PRIMARY KEY (project_id, user)
    ) STRICT, WITHOUT ROWID""",
    # The user of the console who created a key.
    "ALTER TABLE api_keys ADD COLUMN maker TEXT",
)

_TASKS: Sequence[str] = (
    """
    CREATE TABLE tasks (
        id TEXT PRIMARY KEY,
        project_id TEXT NOT NULL,
        api_key_id TEXT NOT NULL,
        username TEXT NOT NULL,
        app_id TEXT,
        end_user_id TEXT,
        token_id TEXT,
        session_id TEXT,
        conversation_id TEXT,
        status TEXT NOT NULL,
        message TEXT NOT NULL,
        system_prompt TEXT,
        show_in_history INTEGER NOT NULL,
        auto_execute INTEGER NOT NULL,
        env TEXT,
        secret_names TEXT NOT NULL,
        error TEXT,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        completed_at INTEGER,
        last_activity_at INTEGER NOT NULL,
        message_count INTEGER NOT NULL
    )
    """,
    "CREATE INDEX tasks_of_project ON tasks (project_id, last_activity_at DESC, id)",
    """
    CREATE INDEX tasks_of_end_user ON tasks (project_id, app_id, end_user_id, last_activity_at DESC, id)
    WHERE end_user_id IS NOT NULL
    """,
    """
    CREATE INDEX tasks_unfinished ON tasks (status)
    WHERE status IN ('pending', 'running', 'awaiting_approval')
    """,
    """
    CREATE TABLE messages (
        task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        role TEXT NOT NULL,
        content TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        attached_files TEXT NOT NULL,
        thoughts TEXT NOT NULL,
        tool_calls TEXT NOT NULL,
        PRIMARY KEY (task_id, number)
    )
    """,
    """
    CREATE TABLE outputs (
        task_id TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
        content TEXT NOT NULL,
        updated_at INTEGER NOT NULL,
        thoughts TEXT NOT NULL,
        tool_calls TEXT NOT NULL
    )
    """,
    # Totals of a project (app and end user empty) and of each end user of a widget app.
    """
    CREATE TABLE task_totals (
        project_id TEXT NOT NULL,
        app_id TEXT NOT NULL,
        end_user_id TEXT NOT NULL,
        total INTEGER NOT NULL,
        PRIMARY KEY (project_id, app_id, end_user_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER task_created AFTER INSERT ON tasks BEGIN
        INSERT INTO task_totals VALUES (new.project_id, '', '', 1)
            ON CONFLICT DO UPDATE SET total = total + 1;
        INSERT INTO task_totals
            SELECT new.project_id, new.app_id, new.end_user_id, 1 WHERE new.end_user_id IS NOT NULL
            ON CONFLICT DO UPDATE SET total = total + 1;
    END
    """,
    """
    CREATE TRIGGER task_removed AFTER DELETE ON tasks BEGIN
        UPDATE task_totals SET total = total - 1 WHERE project_id = old.project_id AND end_user_id = '';
        UPDATE task_totals SET total = total - 1
            WHERE project_id = old.project_id AND app_id = old.app_id AND end_user_id = old.end_user_id;
    END
    """,
)

MIGRATIONS: Mapping[str, Sequence[str]] = {"accounts": _ACCOUNTS, "tasks": _TASKS}
