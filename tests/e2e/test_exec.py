"""`sigmic-mock exec -- CMD`: a server that runs as long as the command."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.process import left, wait_until
from tests.fakes.command import ended

pytestmark = pytest.mark.e2e

MOCK = [sys.executable, "-m", "sigmic_mock"]
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
WITH_CHILD = """
import os, pathlib, sys, time
if os.fork():
    pathlib.Path(sys.argv[1]).touch()
else:
    os.setsid()
time.sleep(600)
"""
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: pathlib.Path(sys.argv[2]).touch())
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
COUNTING = """
import pathlib, signal, sys
count = 0
def hear(*_):
    global count
    count += 1
    pathlib.Path(sys.argv[2]).touch()
signal.signal(signal.SIGINT, hear)
pathlib.Path(sys.argv[1]).touch()
input()
sys.exit(count)
"""
ASK = """
import json, os, sys, urllib.request
request = urllib.request.Request(
    os.environ["SIGMIC_BASE_URL"] + "/api/v1/tasks",
    headers={"Authorization": "Bearer " + os.environ["SIGMIC_API_KEY"]},
)
print(json.load(urllib.request.urlopen(request))["success"], os.environ["SIGMIC_BASE_URL"], *sys.argv[1:])
sys.exit(7)
"""


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return ended([*MOCK, "exec", *words])


def test_the_command_finds_a_server_and_its_code_is_passed_on():
    done = run("--json", "--", sys.executable, "-c", ASK, "--", "--watch")

    told, url, *rest = done.stdout.splitlines()[0].split()
    assert (done.returncode, told, rest) == (7, "True", ["--", "--watch"]), done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["exit_code"] == 7
    with socket.socket() as knock:
        assert knock.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) != 0, "the server is still there"


OWN = """
import urllib.request
from sigmic_mock.testing import mock_server
with mock_server(heartbeat=1) as mock:
    urllib.request.urlopen(urllib.request.Request(mock.base_url + "/api/v1/tasks", headers=mock.headers))
"""


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("pass", "no request reached the server: make the command use SIGMIC_BASE_URL"),
        (OWN, "no request reached the server of exec: the command started its own, http://127.0.0.1:"),
    ],
)
def test_exec_reports_that_no_request_reached_its_server(script: str, told: str):
    done = run("--", sys.executable, "-c", script)

    assert (done.returncode, done.stdout) == (0, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_time_can_be_moved_by_the_command():
    done = run("--clock", "manual", "--", *MOCK, "clock", "advance", "15s", "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["settled"] is True


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "Add one after --"),
        (("--", "no-such-command-anywhere"), 127, "command not found: no-such-command-anywhere"),
        (("--", "/"), 126, "can't run /"),
        (("--clock", "manul", "--", "true"), 2, "did you mean manual?"),
        (("--clok", "manual", "--", "true"), 2, "did you mean --clock?"),
    ],
)
def test_a_mistaken_exec_command_is_explained(words, code, told):
    done = run(*words)

    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def start(folder: Path, *command: str) -> "subprocess.Popen[bytes]":
    """Start `exec` with all temporary files under `folder`, which each of its command lines then contains."""
    return subprocess.Popen(
        [*MOCK, "exec", "--", *command],
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_nothing_is_left_of_any_run(folder: Path) -> None:
    runs = [start(folder, "true") for _ in range(3)]

    assert [each.wait(60) for each in runs] == [0, 0, 0]
    assert left(folder) == []


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_passed_on_and_nothing_is_left(
    tmp_path: Path, folder: Path, number: signal.Signals
) -> None:
    began = tmp_path / "began"
    process = start(folder, sys.executable, "-c", WITH_CHILD, str(began), str(folder))
    wait_until(began.exists)
    process.send_signal(number)

    assert process.wait(60) == 128 + number
    assert left(folder) == []


@pytest.mark.parametrize(
    ("moment", "number"),
    [*zip(["at once", "while the server starts", "when the command has ended"], SIGNALS, strict=True)],
)
def test_a_signal_at_another_moment_leaves_nothing_either(
    tmp_path: Path, folder: Path, moment: str, number: signal.Signals
) -> None:
    ended = tmp_path / "ended"
    process = start(folder, "touch", str(ended))
    if moment == "while the server starts":
        wait_until(lambda: any(folder.iterdir()))
    elif moment == "when the command has ended":
        wait_until(ended.exists)
    process.send_signal(number)

    code = process.wait(60)
    assert left(folder) == []
    if moment == "while the server starts":
        assert (code, ended.exists()) == (128 + number, False)


def test_a_command_that_heeds_no_signal_is_killed_by_a_second_one(tmp_path: Path, folder: Path) -> None:
    began, heard = tmp_path / "began", tmp_path / "heard"
    process = start(folder, sys.executable, "-c", STUBBORN, str(began), str(heard), str(folder))
    wait_until(began.exists)
    process.terminate()
    wait_until(heard.exists)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.5)  # an earlier one would count as an echo
    process.terminate()

    assert process.wait(60) == 128 + signal.SIGKILL
    assert left(folder) == []


def test_ctrl_c_reaches_the_command_once(tmp_path: Path, folder: Path) -> None:
    """The terminal signals both the command and `exec`; a second signal would interrupt the cleanup."""
    began, heard = tmp_path / "began", tmp_path / "heard"
    terminal, inner = pty.openpty()
    words = [*MOCK, "exec", "--", sys.executable, "-c", COUNTING, str(began), str(heard), str(folder)]
    process = subprocess.Popen(
        # The first terminal that a new session opens becomes its controlling terminal.
        ["sh", "-c", 'exec "$@" < "$0"', os.ttyname(inner), *words],
        env=os.environ | {"TMPDIR": str(folder)},
        start_new_session=True,
    )
    try:
        wait_until(began.exists)
        os.write(terminal, b"\x03")
        wait_until(heard.exists)
        os.write(terminal, b"\n")
        code = process.wait(60)
    finally:
        os.close(inner)
        os.close(terminal)

    assert code == 1
    assert left(folder) == []
