"""The files of a recording."""

import json
import stat
from pathlib import Path

import pytest

from sigmic_mock.recording.folder import EXCHANGES, Folder, FolderRefused

GOOD = "name: a\nwhen: {message: a}\nsteps: [{say: a}]\n"


def test_everything_is_for_the_owner_alone(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path / "deep" / "r")
    folder.save_playbook("a", GOOD)
    folder.add_exchange({"a": 1})
    folder.mask_exchanges(lambda line: line)

    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.path.iterdir()} == {
        "a.yaml": 0o600,
        EXCHANGES: 0o600,
        "playbook.schema.json": 0o600,
    }


def test_a_playbook_that_the_mock_would_not_read_changes_nothing(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path / "r")
    folder.save_playbook("a", GOOD)

    problems = folder.save_playbook("a", GOOD.replace("say", "sya"))

    assert "did you mean say?" in problems[0]
    assert (folder.path / "a.yaml").read_text() == GOOD
    assert not list(folder.path.glob(".*"))


def test_exchanges_are_bounded_and_what_was_left_out_is_counted(tmp_path: Path) -> None:
    folder = Folder(Folder.make(tmp_path / "r").path, most_bytes=100)
    for number in range(20):
        folder.add_exchange({"exchange": number, "text": "é\ud800"})

    lines = (folder.path / EXCHANGES).read_bytes().splitlines()
    assert sum(map(len, lines)) <= 100
    assert folder.left_out == 20 - len(lines)
    assert json.loads(lines[0])["text"] == "é?"


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderRefused, match="name another folder with --output"):
        Folder.make(Path("/proc/nowhere/r"))
