"""A data folder of every release can be used: the statements that a release had are never changed."""

import hashlib
from pathlib import Path

import pytest

from sigmic_mock.storage.database import Database
from sigmic_mock.storage.schema import MIGRATIONS

RELEASED = {"0.1.0": {"accounts": (11, "c76b8d8ee9f4038f"), "tasks": (9, "b8ec1c64a42632d2")}}
"""For each release, how many statements each family had, and a digest of them. Add a line at a release."""


def digest(family: str, count: int) -> str:
    text = "\n".join(" ".join(statement.split()) for statement in MIGRATIONS[family][:count])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize("release", RELEASED)
def test_what_a_release_created_is_not_rewritten(release: str) -> None:
    assert {family: (count, digest(family, count)) for family, (count, _) in RELEASED[release].items()} == (
        RELEASED[release]
    )


@pytest.mark.parametrize("release", RELEASED)
async def test_a_data_folder_of_a_release_is_migrated_with_its_content(release: str, tmp_path: Path) -> None:
    old = {family: MIGRATIONS[family][:count] for family, (count, _) in RELEASED[release].items()}
    path = tmp_path / "platform.db"
    database = Database(path, old)
    await database.write(lambda con: con.execute("INSERT INTO projects (id, name) VALUES ('p', 'Mine')"))
    await database.close()

    database = Database(path)
    try:
        names = await database.read(
            lambda con: [row["name"] for row in con.execute("SELECT * FROM projects")]
        )
    finally:
        await database.close()

    assert names == ["Mine"]
