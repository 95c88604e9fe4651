"""The command refuses an impossible request with one clear line and a non-zero code, and ends in order."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.e2e.process import MockProcess
from tests.fakes.command import ended


def sigmic_mock(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return ended([sys.executable, "-m", "sigmic_mock", *arguments], seconds=20, cwd=cwd)


def test_the_ready_file_of_a_running_server_is_not_taken_over(tmp_path: Path):
    with MockProcess(tmp_path) as mock:
        ready = tmp_path / "ready.json"
        before = ready.read_bytes()

        done = sigmic_mock("--ephemeral", "--port", "0", "--ready-file", str(ready), cwd=tmp_path)

        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert str(ready) in done.stderr
        assert mock.url in done.stderr
        assert ready.read_bytes() == before
    assert not ready.exists()


def test_the_ready_file_that_a_killed_server_left_is_replaced(tmp_path: Path):
    with MockProcess(tmp_path) as killed:
        killed.kill()
    ready = tmp_path / "ready.json"
    words = ["--ephemeral", "--port", "0", "--json", "--ready-file", str(ready)]
    with subprocess.Popen([sys.executable, "-m", "sigmic_mock", *words], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        named = json.loads(ready.read_text())["pid"]
        server.terminate()

    assert named == server.pid


@pytest.mark.parametrize(
    "signals",
    [
        (signal.SIGTERM, signal.SIGTERM),
        (signal.SIGINT, signal.SIGINT, signal.SIGINT),
        (signal.SIGHUP,),
    ],
)
def test_a_signal_that_a_wrapper_repeats_still_ends_it_in_order(
    tmp_path: Path, signals: tuple[signal.Signals, ...]
):
    with MockProcess(tmp_path) as mock:
        task = mock.create("Wait 60 seconds")
        with requests.get(
            f"{mock.url}/api/v1/tasks/{task}/stream", headers=mock.headers, stream=True, timeout=10
        ) as stream:
            lines = stream.iter_lines(decode_unicode=True)
            assert next(lines) == "event: history_message"
            for each in signals:
                os.kill(mock.pid, each)
            events = [line for line in lines if line.startswith("event: ")]
        assert mock.process is not None
        code = mock.process.wait(60)

    assert events[-1] == "event: error"
    assert code == 0
    assert not (tmp_path / "ready.json").exists()


def test_a_signal_at_the_end_of_standard_input_is_no_second_one(folder: Path):
    """A caller that stops a server often does both together. The server must not count two signals."""
    words = ["--ephemeral", "--port", "0", "--json", "--until-stdin-ends", "--log-level", "warning"]
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-m", "sigmic_mock", *words],
            env=os.environ | {"TMPDIR": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdout.readline()
            server.terminate()
            server.stdin.close()
            code = server.wait(60)

        assert (code, list(folder.iterdir())) == (0, [])


@pytest.mark.parametrize(
    "command",
    [
        ["sigmic_mock", "faults", "list", "--json"],
        ["sigmic_conformance", "list", "--json"],
    ],
)
def test_a_reader_that_has_had_enough_sees_no_traceback(command: list[str]) -> None:
    """The output is larger than the buffer of a pipe."""
    words = [sys.executable, "-m", *command]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        os.read(process.stdout.fileno(), 1)
        process.stdout.close()
        said = process.stderr.read()

    assert process.wait(60) == 141
    assert said == ""
