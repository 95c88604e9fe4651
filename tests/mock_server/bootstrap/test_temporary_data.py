"""A killed server's temporary folder is removed by the next server; no other folder is."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.bootstrap.temporary_data import new_folder, remove_left_folders
from sigmic_mock.storage.database import Database


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left(**ready: Any) -> Path:
    folder = new_folder()
    (folder / "platform.db").touch()
    told = {"ephemeral": True, "data_dir": str(folder)} | ready
    (folder / "ready.json").write_text(json.dumps(told))
    return folder


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_the_folder_of_a_killed_server_is_removed(tmp_path: Path):
    left()

    remove_left_folders()

    assert names(tmp_path) == set()


async def test_a_folder_that_is_in_use_kept_starting_or_no_folder_of_a_server_stays(tmp_path: Path):
    starting, foreign = new_folder(), tmp_path / "sigmic-mock-of-somebody"
    foreign.write_text("a file")
    kept, moved, used = left(ephemeral=False), left(data_dir="/elsewhere"), left()
    (tmp_path / "sigmic-mock-link").symlink_to(left().rename(tmp_path / "other"))
    database = Database(used / "platform.db")
    try:
        remove_left_folders()
    finally:
        await database.close()

    assert names(tmp_path) == {
        starting.name, foreign.name, kept.name, moved.name, used.name, "sigmic-mock-link", "other",
    }  # fmt: skip
