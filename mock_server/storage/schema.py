"""The tables of the database, module by module.

Each module of tables (`task_tables`, `account_tables`, …) lists its statements in `MIGRATIONS`, one SQL
statement an entry, in the order they came to be; it imports nothing, since the database imports it.
Rule: append, never edit or reorder: a data folder remembers how many it has seen of each module.
"""

from collections.abc import Mapping, Sequence

from sigmic_conformance.mock_server.storage import account_tables, task_tables

MIGRATIONS: Mapping[str, Sequence[str]] = {
    "accounts": account_tables.MIGRATIONS,
    "tasks": task_tables.MIGRATIONS,
}
