"""Locust itself against the mock itself, each a process: healthy, in two processes, and with two faults."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import pytest
import requests

from tests.e2e.process import MockProcess

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(find_spec("locust") is None, reason="the extra `load` is not installed"),
]
ROOT = Path(__file__).parents[2]
SECONDS = 90


class Loaded:
    """A finished run of Locust: its exit code, what it said, its report."""

    def __init__(self, code: int, said: str, folder: Path) -> None:
        self.code = code
        self.said = said
        self._file = folder / "load.json"

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(self._file.read_text())

    def count(self, name: str) -> int:
        return self.report["counts"].get(name, {"value": 0})["value"]

    def verdicts(self, verdict: str) -> list[str]:
        return [row["id"] for row in self.report["objectives"] if row["verdict"] == verdict]


def open_streams(target: MockProcess) -> int:
    """Return how many streams the mock says are open."""
    shown = requests.get(f"{target.url}/metrics", timeout=10).text
    found = [line for line in shown.splitlines() if line.startswith("sigmic_mock_open_streams ")]
    return int(float(found[0].split()[1]))


@pytest.fixture
def locust(tmp_path):
    """Run Locust with these arguments; what came of it."""

    def run(
        *arguments: str,
        url: str,
        key: str = "none",
        stop: Callable[[], signal.Signals | Literal[False]] | None = None,
        **env: str,
    ) -> Loaded:
        command = [sys.executable, "-m", "locust", "-f", str(ROOT / "load" / "locustfile.py"), "--headless"]
        command += ["--host", url, "--workload", str(ROOT / "tests" / "load" / "smoke.yaml")]
        command += ["--slo", str(ROOT / "tests" / "load" / "smoke_slo.yaml")]
        command += ["--load-report", str(tmp_path / "report"), "--only-summary", *arguments]
        log = tmp_path / "locust.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                env={**os.environ, "SIGMIC_API_KEY": key, "NO_PROXY": "*", **env},
                stdout=out,
                stderr=out,
                cwd=tmp_path,
            )
            try:
                deadline = time.monotonic() + SECONDS
                while stop is not None and time.monotonic() < deadline:
                    if sent := stop():
                        process.send_signal(sent)
                        break
                    time.sleep(0.1)  # a process outside ours offers nothing else to wait on
                code = process.wait(SECONDS)
            finally:
                process.kill()
                process.wait()
        return Loaded(code, log.read_text(), tmp_path / "report")

    return run


@pytest.fixture
def mock(tmp_path):
    """Start a mock with these flags."""
    started: list[MockProcess] = []

    def start(*flags: str) -> MockProcess:
        (tmp_path / "mock").mkdir()
        started.append(MockProcess(tmp_path / "mock", "--log-level", "warning", *flags).start())
        return started[-1]

    yield start
    for each in started:
        each.stop()


def test_a_healthy_target_holds_every_objective(locust, mock):
    target = mock("--heartbeat", "1")

    run = locust("-u", "5", "-r", "5", "-t", "7", "--heartbeat-period", "1", url=target.url, key=target.key)

    assert run.code == 0, run.said
    assert run.verdicts("held") == [row["id"] for row in run.report["objectives"]], run.said
    for name in ("heartbeats", "turns", "reconnects", "connections_checked", "uploads"):
        assert run.count(name) > 0, name
    assert run.report["timeline"][-1]["streams"] == 0, "every stream was left in the end"
    assert run.report["target_process"][-1]["memory"] > 0
    assert "<svg" in (run._file.parent / "load.html").read_text()
    assert target.key not in run.said + run._file.read_text()


def test_the_totals_of_two_workers_are_their_sum(locust, mock):
    target = mock("--heartbeat", "1")

    run = locust(
        *("-u", "6", "-r", "6", "-t", "6", "--processes", "2", "--heartbeat-period", "1"),
        url=target.url,
        key=target.key,
    )

    assert run.code == 0, run.said
    workers = list(run.report["workers"].values())
    assert len(workers) == 2
    assert all(worker["requests"] > 0 for worker in workers)
    assert {name: row["value"] for name, row in run.report["counts"].items()} == {
        name: sum(worker.get(name, 0) for worker in workers) for name in run.report["counts"]
    }
    assert run.report["distributions"]["heartbeat_gap"]["count"] > 0
    assert run.report["timeline"][-1]["streams"] == 0


def test_heartbeats_that_are_late_by_3_seconds_break_their_objective(locust, mock):
    target = mock("--heartbeat", "5", "--fault", "heartbeat.late,seconds=3,times=100000")

    run = locust(
        *("-u", "1", "-t", "12", "--heartbeat-period", "5", "StreamUser"), url=target.url, key=target.key
    )

    assert run.code == 3, run.said
    assert run.verdicts("broken") == ["heartbeat-lateness"], run.said
    assert run.report["distributions"]["heartbeat_lateness_corrected"]["p99"] > 2.8


def test_an_event_lost_on_reconnect_breaks_its_objective(locust, mock):
    target = mock("--fault", "phase.catch-up-missing,times=1")

    run = locust("-u", "1", "-t", "8", "ReconnectUser", url=target.url, key=target.key)

    assert run.code == 3, run.said
    assert run.verdicts("broken") == ["nothing-lost"], run.said
    assert run.count("events_lost") > 0
    assert run.count("events_doubled") == run.count("events_out_of_order") == 0


def test_the_step_shape_answers_in_one_line(locust, mock):
    target = mock("--heartbeat", "1")

    run = locust("--shape", "step", "--heartbeat-period", "1", "StreamUser", url=target.url, key=target.key)

    assert run.code == 0, run.said
    assert run.report["answer"].startswith("holds 60 streams with p99 lateness under 2.5 s"), run.said
    assert run.report["answer"] in run.said


def test_a_storm_drops_every_stream_and_all_come_back(locust, mock):
    target = mock("--heartbeat", "1")

    run = locust("--shape", "storm", "--heartbeat-period", "1", "StreamUser", url=target.url, key=target.key)

    assert run.code == 0, run.said
    assert run.count("reconnects") == 40
    assert run.report["distributions"]["catch_up"]["count"] == 40


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_stopped_leaves_nothing_behind_and_has_a_report(locust, mock, sent):
    target = mock()

    run = locust(
        *("-u", "1", "-t", "60", "StreamUser"),
        url=target.url,
        key=target.key,
        stop=lambda: open_streams(target) == 20 and sent,
    )

    assert run.code in {0, 4}, run.said  # 4: no heartbeat had come yet
    assert run.report["timeline"][-1]["streams"] == 0
    listed = requests.get(f"{target.url}/api/v1/tasks", headers=target.headers, timeout=10).json()["data"]
    assert {task["status"] for task in listed} == {"cancelled"}


def test_a_run_too_short_for_a_heartbeat_proves_nothing(locust, mock):
    target = mock()

    run = locust("-u", "1", "-t", "3", "StreamUser", url=target.url, key=target.key)

    assert run.code == 4, run.said
    assert run.verdicts("unproven") == ["heartbeat-lateness", "heartbeats-missed"], run.said


@pytest.mark.parametrize(
    ("arguments", "env", "says"),
    [
        (["--host", "https://api.example.com"], {}, "add --i-may-load-test-this-host api.example.com"),
        (["--workload", "none.yaml"], {}, "none.yaml: No such file"),
        (["--heartbeat-period", "0"], {}, "a period is above 0"),
        ([], {"SIGMIC_API_KEY": ""}, "SIGMIC_API_KEY"),
    ],
)
def test_what_was_asked_wrongly_is_refused_in_one_line(locust, arguments, env, says):
    run = locust("-t", "1", *arguments, url="http://127.0.0.1:9", **env)

    assert run.code == 2, run.said
    refusals = [line for line in run.said.splitlines() if line.startswith("locust: ")]
    assert len(refusals) == 1
    assert says in refusals[0]
    assert "Traceback" not in run.said
