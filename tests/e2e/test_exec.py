"""`sigmic-mock exec -- CMD`: a server for the time of one command."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.e2e

MOCK = [sys.executable, "-m", "mock_server"]
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
    return subprocess.run([*MOCK, "exec", *words], capture_output=True, text=True, timeout=60, check=False)


def test_the_command_finds_a_server_and_its_code_is_passed_on():
    done = run("--json", "--", sys.executable, "-c", ASK, "--", "--watch")

    told, url, *rest = done.stdout.splitlines()[0].split()
    assert (done.returncode, told, rest) == (7, "True", ["--", "--watch"]), done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["exit_code"] == 7
    with socket.socket() as knock:
        assert knock.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) != 0, "the server is still there"


def test_time_can_be_moved_by_the_command():
    done = run("--clock", "manual", "--", *MOCK, "clock", "advance", "15s", "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["settled"] is True


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "write it after --"),
        (("--", "no-such-command-anywhere"), 127, "there is no command no-such-command-anywhere"),
        (("--", "/"), 126, "cannot run /"),
        (("--clock", "manul", "--", "true"), 1, "did you mean manual?"),
        (("--clok", "manual", "--", "true"), 2, "did you mean --clock?"),
    ],
)
def test_a_mistake_is_told(words, code, told):
    done = run(*words)

    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_signal_is_passed_on_and_nothing_is_left(tmp_path):
    pid_file = tmp_path / "pid"
    script = f"echo $SIGMIC_BASE_URL > {pid_file}; exec sleep 60"
    process = subprocess.Popen([*MOCK, "exec", "--", "sh", "-c", script], env=os.environ)
    deadline = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)  # a process outside ours offers nothing else to wait on
    process.terminate()

    assert process.wait(30) == 128 + 15
