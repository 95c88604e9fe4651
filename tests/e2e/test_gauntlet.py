"""`sigmic-mock gauntlet` finds the errors of a naive client, and none in a correct one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.process import left, wait_until
from tests.fakes.command import ended

# Sixty starts of a client: minutes on a busy machine.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FAILING = ("sse.crlf", "sse.data-first", "json.charset", "http.rate-limited", "net.reset-before")
"""Faults that a naive client does not survive."""
QUICK = ("--longest", "1", "--heartbeat=1", "--json")


def gauntlet(*words: str, client: str, timeout: str = "60") -> "subprocess.CompletedProcess[str]":
    return gauntlet_of(ROOT, "--timeout", timeout, *words, "--", sys.executable, str(HERE / client))


def gauntlet_of(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return ended(
        [sys.executable, "-m", "sigmic_mock", "gauntlet", *QUICK, *words],
        seconds=900,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OWN_CLIENT_SILENCE": "4"},
    )


def test_the_weaknesses_of_a_naive_client_are_found(tmp_path):
    report = tmp_path / "junit.xml"
    words = ("--junit", str(report), "--only", "|".join([*FAILING, "stream.half-open"]))
    done = gauntlet(*words, client="naive_client.py", timeout="8")

    told = json.loads(done.stdout)
    weak = {
        each["fault"]: each["outcome"] for each in told["faults"] if each["outcome"] in {"failed", "hung"}
    }
    assert done.returncode == 1, done.stderr
    assert weak == dict.fromkeys(FAILING, "failed") | {"stream.half-open": "hung"}
    assert ET.parse(report).getroot().get("failures") == str(len(weak))


@pytest.mark.nightly
def test_the_harness_own_client_has_none():
    done = gauntlet(client="own_client.py")

    told = json.loads(done.stdout)
    weak = [each for each in told["faults"] if each["outcome"] in {"failed", "hung"}]
    assert weak == []
    assert done.returncode == 0, done.stderr
    assert told["counts"]["survived"] >= 55


def test_a_client_that_repeats_blindly_makes_two_tasks(tmp_path):
    client = tmp_path / "blind.py"
    client.write_text(
        "import json, os, urllib.request\n"
        "request = urllib.request.Request(os.environ['SIGMIC_BASE_URL'] + '/api/v1/tasks',\n"
        "    json.dumps({'message': 'Hello'}).encode(), {'Content-Type': 'application/json',\n"
        "    'Authorization': 'Bearer ' + os.environ['SIGMIC_API_KEY']})\n"
        "for attempt in range(5):\n"
        "    try:\n"
        "        urllib.request.urlopen(request).read()\n"
        "        break\n"
        "    except OSError: pass\n"
        "    except Exception: pass\n"
    )

    done = gauntlet("--only", "net.answer-lost", client=str(client))

    assert done.returncode == 1, done.stderr
    assert "3 tasks where the healthy run left 1" in json.loads(done.stdout)["faults"][0]["why"]


CLIENT = """
import json, os, subprocess, sys, urllib.error, urllib.request

def listed(url, key):
    request = urllib.request.Request(url + "/api/v1/tasks", headers={"Authorization": "Bearer " + key})
    for attempt in range(5):
        try:
            return json.load(urllib.request.urlopen(request, timeout=10))["data"]
        except urllib.error.HTTPError:
            pass

def test_fixture(sigmic_project):
    assert listed(sigmic_project.base_url, sigmic_project.api_key) == []

def test_variables():
    assert listed(os.environ["SIGMIC_BASE_URL"], os.environ["SIGMIC_API_KEY"]) == []

def test_own_server():
    from sigmic_mock.testing import mock_server
    with mock_server(heartbeat=1) as mock:
        assert listed(mock.base_url, mock.api_key) == []

def test_started_and_killed_server():
    command = [sys.executable, "-m", "sigmic_mock", "--ephemeral", "--port", "0", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        ready = json.loads(server.stdout.readline())
        assert listed(ready["base_url"], ready["api_key"]) == []
    finally:
        server.kill()
        server.wait()

def test_nothing():
    pass
"""


NIGHTLY = pytest.mark.nightly


@pytest.mark.parametrize(
    "test",
    [
        "fixture",
        pytest.param("variables", marks=NIGHTLY),
        pytest.param("own_server", marks=NIGHTLY),
        "started_and_killed_server",
    ],
)
def test_the_fault_fires_whatever_the_tests_use(tmp_path: Path, test: str):
    (tmp_path / "test_client.py").write_text(CLIENT)
    words = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"test_{test}")
    done = gauntlet_of(tmp_path, "--only", "http.rate-limited", "--", *words)

    assert done.returncode == 0, done.stderr
    assert [each["fired"] for each in json.loads(done.stdout)["faults"]] == [2]


def test_a_command_that_reaches_no_server_is_no_measure(tmp_path: Path):
    done = gauntlet_of(tmp_path, "--", sys.executable, "-c", "pass")

    assert (done.returncode, done.stdout) == (2, "")
    assert "no request reached a server" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_command_that_fails_without_any_fault_is_no_measure():
    done = gauntlet("--only", "net.slow", client="no_such_client.py")

    assert (done.returncode, done.stdout) == (2, "")
    assert "against a healthy server. It must pass first" in done.stderr


def test_a_gauntlet_in_which_nothing_was_met_says_so():
    done = gauntlet("--only", "net.download-*", client="naive_client.py")

    assert done.returncode == 2
    assert "no fault fired" in done.stderr


@pytest.mark.parametrize("moment", ["while the server starts", "during a run", "when the runs are over"])
def test_a_signal_leaves_nothing(tmp_path: Path, folder: Path, moment: str):
    began = tmp_path / "began"
    script = f"from pathlib import Path; Path({str(began)!r}).touch(); import time; time.sleep(600)"
    if moment == "when the runs are over":
        script = f"from pathlib import Path; Path({str(began)!r}).touch(); raise SystemExit(1)"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sigmic_mock",
            "gauntlet",
            "--",
            sys.executable,
            "-c",
            script,
            str(folder),
        ],
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: any(folder.iterdir()) if moment == "while the server starts" else began.exists())
    process.terminate()

    assert process.wait(60) in ({2, 130} if moment == "when the runs are over" else {130, 143})
    assert left(folder) == []
