"""The registry of a user's running servers."""

import subprocess
import sys
from pathlib import Path

import pytest

from sigmic_mock.bootstrap.registry import registered, running

KILLED = """
import os, pathlib, signal, sys
from sigmic_mock.bootstrap.registry import registered
with registered(pathlib.Path(sys.argv[1]), {"started_at": "2"}):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_is_found_as_long_as_it_lives(tmp_path: Path) -> None:
    folder = tmp_path / "servers"
    assert running(folder) == []
    with registered(folder, {"started_at": "2"}), registered(folder, {"started_at": "1"}):
        assert running(folder) == [{"started_at": "1"}, {"started_at": "2"}]
        assert {path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())} == {0o700, 0o600}
    assert list(folder.iterdir()) == []


def test_the_ready_file_of_a_killed_server_is_removed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60)
    assert len(list(tmp_path.iterdir())) == 1

    assert running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_server_without_a_place_to_register_runs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    with registered(None, {}):
        pass
    with registered(tmp_path / "file", {}):
        pass
    assert "can't register" in caplog.text
