"""The command refuses what it cannot do with one clear line and a non-zero code."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.process import MockProcess


def sigmic_mock(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mock_server", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--prot", "0"], "--port"),
        (["--port", "banana"], "--port"),
        (["--session-idle", "-1"], "--session-idle"),
        (["--sandbox", "jail"], "--sandbox"),
        (["--config", "missing.yaml"], "missing.yaml"),
        (["--config", "broken.yaml"], "broken.yaml"),
        (["--config", "unknown.yaml"], "projects"),
    ],
)
def test_a_bad_flag_or_configuration_is_one_line_and_a_code(tmp_path: Path, arguments: list[str], named: str):
    (tmp_path / "broken.yaml").write_text("projects: [")
    (tmp_path / "unknown.yaml").write_text("project: []\n")

    done = sigmic_mock("--ephemeral", *arguments, cwd=tmp_path)

    assert done.returncode != 0
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_an_occupied_port_is_said(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = sigmic_mock("--ephemeral", "--port", str(port), cwd=tmp_path)

    assert done.returncode != 0
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_in_use_is_said(tmp_path: Path):
    with MockProcess(tmp_path) as mock:
        done = sigmic_mock("--port", "0", "--data-dir", str(mock.data_dir), cwd=tmp_path)

    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_the_ready_file_says_how_to_reach_it(tmp_path: Path):
    with MockProcess(tmp_path) as mock:
        assert mock.ready["pid"] == mock.pid
        assert Path(mock.ready["data_dir"]) == mock.data_dir
        assert mock.key.startswith("sigmic_")
        assert mock.url.startswith("http://127.0.0.1:")
        assert mock.ready["sandbox"]
