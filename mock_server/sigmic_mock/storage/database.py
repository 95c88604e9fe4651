"""The embedded database: SQLite in WAL mode, one writer thread, a few reader threads.

Invariant: only this module opens connections. A function passed to `write` or `read` runs in another thread,
so it uses only its connection and its own arguments, never the platform's state.

Group commit: the writes of one turn of the event loop, and those that queue up during a commit, share the
next commit. Each has a separate savepoint, so that a failure only undoes its caller's work. The writer is
woken once per turn, when the loop is about to rest. Woken by the first write, it would compete with the loop
for the interpreter's lock at every statement. `synchronous` is FULL. NORMAL is enough for WAL to survive
`kill -9`, but with group commit, surviving a power failure too costs only about a tenth (performance.md
section 5).
"""

import asyncio
import contextlib
import fcntl
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sigmic_mock.storage.schema import MIGRATIONS

T = TypeVar("T")
Statements = Callable[[sqlite3.Connection], T]

DATABASE_FILE = "platform.db"
"""In the data directory."""
FORMER_KEY = "keys/exchange.key"
"""Likewise: the key of an earlier way to encrypt."""
_BATCH = 512
"""The most writes that share one commit; with more, only the first of them would wait longer."""
_READERS = 2


class DatabaseClosed(Exception):
    """`close()` was called: the database accepts no more reads and writes."""


class DatabaseUnusable(Exception):
    """The file cannot be used by this server; the message says why, for the person who started it."""


@dataclass(slots=True)
class _Write:
    statements: Statements[Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None


class Database:
    """One database file, opened and migrated by the constructor (blocking, a few milliseconds)."""

    def __init__(self, path: Path, migrations: Mapping[str, Sequence[str]] = MIGRATIONS) -> None:
        self._path = path
        self._lock = _lock(path)
        try:
            writer = _open(path, migrations)
        except BaseException:
            self._lock.close()
            raise
        self._writer = writer
        self._gathered: list[_Write] = []
        """The writes requested in this turn of the event loop."""
        self._queue: queue.SimpleQueue[list[_Write] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_forever, name="database-writer", daemon=True)
        self._thread.start()
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="database-reader")
        self._closed = False
        self.commits = 0
        """Transactions committed so far; fewer than writes if some were grouped."""

    async def write(self, statements: Statements[T]) -> T:
        """Run `statements` in the writer thread; return its result once it is on disk.

        If it raises, the exception is raised here, after all its changes were rolled back. Cancelling the
        await does not undo the write. Do not call it from two event loops at the same time.
        """
        if self._closed:
            raise DatabaseClosed
        loop = asyncio.get_running_loop()
        write = _Write(statements, loop, loop.create_future())
        if not self._gathered:
            loop.call_soon(self._hand_over)
        self._gathered.append(write)
        result: T = await write.future
        return result

    def _hand_over(self) -> None:
        """Pass the writes of this turn of the loop to the writer."""
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._queue.put(gathered)

    async def read(self, statements: Statements[T]) -> T:
        """Run `statements` in a reader thread, on a snapshot with every write acknowledged before."""
        if self._closed:
            raise DatabaseClosed
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, statements)

    async def close(self) -> None:
        """Finish every queued write, then release the file. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._hand_over()
        self._queue.put(None)
        await asyncio.to_thread(self._release)

    def _release(self) -> None:
        self._thread.join()
        self._readers.shutdown(wait=True)
        for connection in [*self._connections, self._writer]:
            connection.close()
        self._lock.close()

    def _read(self, statements: Statements[T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = _connect(self._path)
            connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            self._connections.append(connection)
        connection.execute("BEGIN")
        try:
            return statements(connection)
        finally:
            connection.execute("ROLLBACK")

    def _write_forever(self) -> None:
        more = True
        while more:
            batch, more = self._next_batch()
            if batch:
                self._commit(batch)
                _deliver(batch)

    def _next_batch(self) -> tuple[list[_Write], bool]:
        """Wait for writes, and take all that are queued. The flag is False after a request to close."""
        some = self._queue.get()
        batch: list[_Write] = []
        while some is not None:
            batch += some
            if len(batch) >= _BATCH or self._queue.empty():
                return batch, True
            some = self._queue.get_nowait()
        return batch, False

    def _commit(self, batch: list[_Write]) -> None:
        connection = self._writer
        try:
            connection.execute("BEGIN IMMEDIATE")
            for write in batch:
                _run(connection, write)
            connection.execute("COMMIT")
            self.commits += 1
        except BaseException as error:  # noqa: BLE001 - a full disk must reach every caller, not this thread
            with contextlib.suppress(sqlite3.Error):  # a broken disk: the next transaction tries again
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            for write in batch:
                write.error = write.error or error


def _run(connection: sqlite3.Connection, write: _Write) -> None:
    connection.execute("SAVEPOINT one")
    try:
        write.result = write.statements(connection)
    except BaseException as error:
        write.error = error
        if not connection.in_transaction:
            raise  # SQLite has rolled back all of it, for example on a full disk
        connection.execute("ROLLBACK TO one")
    connection.execute("RELEASE one")


def _deliver(batch: list[_Write]) -> None:
    for loop in {write.loop for write in batch}:
        theirs = [write for write in batch if write.loop is loop]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, theirs)


def _resolve(writes: list[_Write]) -> None:
    for write in writes:
        if write.future.done():
            continue
        if write.error is not None:
            write.future.set_exception(write.error)
        else:
            write.future.set_result(write.result)


def _open(path: Path, migrations: Mapping[str, Sequence[str]]) -> sqlite3.Connection:
    """Connect for writing, and migrate the file. Raises DatabaseUnusable, and then closes everything."""
    if (path.parent / FORMER_KEY).exists():
        raise DatabaseUnusable(
            f"an earlier version encrypted settings in the data folder {path.parent}. Use another --data-dir"
        )
    try:
        path.touch(mode=0o600)  # conversations are private; SQLite gives its side files the same mode
        with contextlib.ExitStack() as opened:
            connection = _connect(path)
            opened.callback(connection.close)
            _migrate(connection, migrations)
            opened.pop_all()
            return connection
    except sqlite3.DatabaseError as error:
        raise DatabaseUnusable(f"{path} is not a usable database: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.row_factory = sqlite3.Row
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "busy_timeout = 5000",
            "temp_store = MEMORY",
            "journal_size_limit = 16777216",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _lock(path: Path) -> Any:
    """Lock the data directory: two servers in one directory would declare each other's tasks crashed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise DatabaseUnusable(
            f"another server is using the data folder {path.parent}. Use its URL, or start this one"
            " with --ephemeral --port 0"
        ) from error
    return file


def is_in_use(path: Path) -> bool:
    """Return whether a running server uses the database file `path`, and so its data directory."""
    try:
        with path.with_name(path.name + ".lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _migrate(connection: sqlite3.Connection, migrations: Mapping[str, Sequence[str]]) -> None:
    """Apply, in one transaction, the statements that this file has not had yet."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (module TEXT PRIMARY KEY, applied INTEGER NOT NULL)"
    )
    applied = {row["module"]: row["applied"] for row in connection.execute("SELECT * FROM migrations")}
    for module, statements in migrations.items():
        done = applied.get(module, 0)
        if done > len(statements):
            connection.execute("ROLLBACK")
            raise DatabaseUnusable("the data folder was written by a newer version of this server")
        for statement in statements[done:]:
            connection.execute(statement)
        connection.execute("INSERT OR REPLACE INTO migrations VALUES (?, ?)", (module, len(statements)))
    connection.execute("COMMIT")
