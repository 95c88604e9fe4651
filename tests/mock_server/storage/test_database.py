"""The single writer, its shared commits, and its errors."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sigmic_mock.runtime.failing_parts import failing_part
from sigmic_mock.storage.database import (
    FORMER_KEY,
    Database,
    DatabaseClosed,
    DatabaseUnusable,
)

TABLES = {"test": ("CREATE TABLE t (x INTEGER PRIMARY KEY)",)}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "platform.db", TABLES)
    yield database
    await database.close()


def insert(number: int):
    return lambda con: con.execute("INSERT INTO t VALUES (?)", (number,)).rowcount


def numbers(con: sqlite3.Connection) -> list[int]:
    return [row["x"] for row in con.execute("SELECT x FROM t ORDER BY x")]


async def test_writes_that_queue_up_share_commits_and_keep_their_order(database: Database) -> None:
    before = database.commits
    gate = threading.Event()
    first = asyncio.create_task(database.write(lambda _: gate.wait(5)))
    await asyncio.sleep(0)
    rest = [asyncio.create_task(database.write(insert(number))) for number in range(500)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *rest)

    assert database.commits - before <= 3
    assert await database.read(numbers) == list(range(500))


async def test_the_writer_does_not_begin_before_the_turn_of_the_loop_is_over(database: Database) -> None:
    before = database.commits
    began = threading.Event()

    async def blocks_the_loop() -> bool:
        return began.wait(0.05)

    asked = [database.write(lambda _: began.set()), blocks_the_loop(), database.write(insert(1))]

    assert await asyncio.gather(*asked) == [None, False, 1]
    assert database.commits - before == 1


def test_no_other_user_of_the_machine_can_read_the_conversations(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    database = Database(tmp_path / "platform.db", TABLES)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("platform.db*")}
    asyncio.run(database.close())

    assert modes.pop("platform.db.lock") & 0o022 == 0
    assert modes == {"platform.db": 0o600, "platform.db-wal": 0o600, "platform.db-shm": 0o600}


async def test_a_failed_write_takes_back_its_own_work_alone(database: Database) -> None:
    def half(con: sqlite3.Connection) -> None:
        con.execute("INSERT INTO t VALUES (100)")
        raise ValueError("no")

    results = await asyncio.gather(
        database.write(insert(1)),
        database.write(half),
        database.write(insert(1)),
        database.write(insert(2)),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [int, ValueError, sqlite3.IntegrityError, int]
    assert await database.read(numbers) == [1, 2]


async def test_a_cancelled_caller_does_not_stop_the_writer(database: Database) -> None:
    gate = threading.Event()
    blocked = asyncio.create_task(database.write(lambda _: gate.wait(5)))
    waiting = asyncio.create_task(database.write(insert(7)))
    await asyncio.sleep(0)
    waiting.cancel()
    gate.set()
    await blocked

    assert await database.write(insert(8)) == 1
    assert await database.read(numbers) == [7, 8]


async def test_a_full_disk_reaches_every_caller_and_writing_goes_on_once_there_is_room(
    database: Database,
) -> None:
    await database.write(lambda con: con.execute("CREATE TABLE large (x)"))
    await database.write(lambda con: con.execute("PRAGMA max_page_count = 1"))  # as many as there are
    large = "INSERT INTO large VALUES (zeroblob(100000))"
    together = [database.write(insert(1)), database.write(lambda con: con.execute(large).rowcount)]

    failed = await asyncio.gather(*together, return_exceptions=True)
    await database.write(lambda con: con.execute("PRAGMA max_page_count = 100000"))

    assert {failing_part(each) for each in failed if isinstance(each, Exception)} == {
        "The disk of the server is full"
    }
    assert await database.write(lambda con: con.execute(large).rowcount) == 1
    acknowledged = [1] if failed[0] == 1 else []
    assert await database.read(numbers) == acknowledged


async def test_a_database_that_another_program_has_locked_is_read_on(
    database: Database, tmp_path: Path
) -> None:
    await database.write(lambda con: con.execute("PRAGMA busy_timeout = 10"))
    other = sqlite3.connect(tmp_path / "platform.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(sqlite3.OperationalError) as locked:
            await database.write(insert(1))
        assert await database.read(numbers) == []
    finally:
        other.close()

    assert failing_part(locked.value) == "Another program has locked the database of the server"
    assert await database.write(insert(1)) == 1


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.read(insert(1))


async def test_foreign_keys_are_enforced_and_commits_reach_the_disk(database: Database) -> None:
    def settings(con: sqlite3.Connection) -> list[object]:
        return [
            con.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("foreign_keys", "synchronous", "journal_mode")
        ]

    assert await database.write(settings) == [1, 2, "wal"]


async def test_closing_finishes_what_was_queued(tmp_path: Path) -> None:
    database = Database(tmp_path / "platform.db", TABLES)
    writes = [asyncio.ensure_future(database.write(insert(number))) for number in range(100)]
    await asyncio.sleep(0)
    await database.close()
    await database.close()

    assert await asyncio.gather(*writes) == [1] * 100
    with pytest.raises(DatabaseClosed):
        await database.write(insert(1))
    with pytest.raises(DatabaseClosed):
        await database.read(numbers)


async def test_a_file_is_migrated_once(tmp_path: Path) -> None:
    path = tmp_path / "platform.db"
    first = Database(path, TABLES)
    await first.write(insert(1))
    await first.close()
    more = {"test": (*TABLES["test"], "ALTER TABLE t ADD COLUMN y"), "other": ("CREATE TABLE o (z)",)}
    second = Database(path, more)
    assert [
        tuple(row) for row in await second.read(lambda con: con.execute("SELECT * FROM t").fetchall())
    ] == [(1, None)]
    await second.close()

    with pytest.raises(DatabaseUnusable, match="newer version"):
        Database(path, TABLES)


async def test_a_folder_that_was_encrypted_in_another_way_is_refused(tmp_path: Path) -> None:
    key = tmp_path / FORMER_KEY
    key.parent.mkdir()
    await asyncio.to_thread(key.touch)

    with pytest.raises(DatabaseUnusable, match="Use another --data-dir"):
        Database(tmp_path / "platform.db", TABLES)


async def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "platform.db"
    await asyncio.to_thread(path.write_bytes, b"not a database, but long enough to look at" * 100)

    with pytest.raises(DatabaseUnusable, match="not a usable database"):
        Database(path, TABLES)


async def test_a_folder_belongs_to_one_server_at_a_time(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="another server is using"):
        Database(tmp_path / "platform.db", TABLES)


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "platform.db"
    program = f"""
import asyncio, pathlib
from sigmic_mock.storage.database import Database
async def main():
    database = Database(pathlib.Path({str(path)!r}), {TABLES!r})
    async def write(number):
        await database.write(lambda con: con.execute("INSERT INTO t VALUES (?)", (number,)))
        print(number, flush=True)
    await asyncio.gather(*(write(number) for number in range(20_000)))
asyncio.run(main())
"""
    with subprocess.Popen(  # noqa: ASYNC220 - the test has nothing else to do meanwhile
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], text=True
    ) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(200)]
        process.kill()
        acknowledged += [
            int(line) for line in process.stdout.read().splitlines(keepends=True) if line[-1] == "\n"
        ]

    database = Database(path, TABLES)
    kept = set(await database.read(numbers))
    await database.close()
    assert set(acknowledged) - kept == set()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_refused_file_leaves_no_connection_open(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "platform.db"
    path.write_bytes(content)

    with pytest.raises(DatabaseUnusable):
        Database(path, {"tasks": ["CREATE TABLE no sense"]})

    assert str(path) not in {os.path.realpath(fd) for fd in Path("/proc/self/fd").iterdir()}
