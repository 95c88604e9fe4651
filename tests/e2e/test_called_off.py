"""A server ends with the process that started it, and a cancelled judge stops its platform."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e
SECONDS = 20


def gone(pid: int) -> bool:
    """Wait for the end of a process that is not a child of ours; return whether it ended in time."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], SECONDS)[0])
    finally:
        os.close(watched)


def started(tmp_path: Path, stdin: int) -> "subprocess.Popen[str]":
    flags = ("--ephemeral", "--port", "0", "--json", "--log-level", "error", "--until-stdin-ends")
    return subprocess.Popen(
        [sys.executable, "-m", "sigmic_mock", *flags],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
        text=True,
    )


def test_the_end_of_standard_input_ends_a_server_in_order(tmp_path: Path):
    with started(tmp_path, subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        folder = Path(json.loads(server.stdout.readline())["data_dir"])
        server.stdin.write("what is said is not heard")
        server.stdin.flush()
        assert server.poll() is None
        server.stdin.close()

        assert server.wait(SECONDS) == 0
    assert not folder.exists()


def test_until_stdin_ends_without_a_pipe_is_refused_in_one_line(tmp_path: Path):
    with started(tmp_path, subprocess.DEVNULL) as server:
        said, _ = server.communicate(timeout=SECONDS)

    assert server.returncode != 0
    assert said.count("\n") == 1
    assert "--until-stdin-ends needs a pipe" in said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 2), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_judge_that_is_called_off_leaves_no_platform_and_no_verdict(tmp_path, number: int, code: int):
    reports = tmp_path / "reports"
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sigmic_conformance",
            "run",
            "--mock",
            "--report-dir",
            str(reports),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        text=True,
    ) as judge:
        assert judge.stdout is not None
        for line in judge.stdout:
            if "waiting for" in line:
                break
        [ready] = tmp_path.glob("sigmic-served-*/ready.json")
        server = int(json.loads(ready.read_text())["pid"])
        judge.send_signal(number)
        judge.communicate(timeout=SECONDS)

    assert judge.returncode == code
    assert gone(server)
    assert number == signal.SIGKILL or "footer" not in json.loads((reports / "result.json").read_text())
