"""Locust against the mock, in separate processes, and six cases of the table of verdicts."""

import math
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any, Literal

import psutil
import pytest
import requests

from tests.e2e.process import MockProcess, wait_until
from tests.load.conftest import UNPATCHED
from tests.load.process import ROOT, Locust, free_port, open_streams
from tests.load.verdict_table import BROKEN_CASES, HEALTHY, WRONG, run, started

pytestmark = pytest.mark.e2e
WORKER_REPORT_INTERVAL = 3.0
"""Seconds between the reports of Locust's workers."""


def tasks_of(target: MockProcess) -> list[dict[str, Any]]:
    """Return the tasks that the mock lists."""
    address = f"{target.url}/api/v1/tasks?limit=100"
    return requests.get(address, headers=target.headers, timeout=10).json()["data"]


@pytest.fixture
def locust(tmp_path):
    """A runner of Locust."""
    return Locust(tmp_path)


@pytest.fixture
def mock(tmp_path):
    """A function that starts a mock with these flags."""
    with ExitStack() as running:
        yield lambda *flags: running.enter_context(started(flags, tmp_path / "mock"))


def test_a_healthy_target_holds_every_objective_and_the_totals_are_the_sum_of_the_workers(locust, mock):
    target = mock("--heartbeat", "1")

    run = locust(
        *("-u", "12", "-r", "12", "-t", "8", "--processes", "2", "--heartbeat-period", "1"),
        url=target.url,
        key=target.key,
    )

    assert run.code == 0, run.said
    asked = [row["id"] for row in run.report["objectives"] if row["verdict"] != "not asked"]
    assert run.verdicts("held") == asked, run.said
    assert run.verdicts("not asked") == ["time-to-recover"], "nothing was to be recovered from"
    for name in ("heartbeats", "turns", "reconnects", "connections_checked", "uploads", "arrivals"):
        assert run.count(name) > 0, name
    assert run.report["timeline"][-1]["streams"] == 0, "every stream was left in the end"
    assert run.report["most_users"] == 12
    assert "plots-data" in (run.folder / "load.html").read_text()
    workers = list(run.report["workers"].values())
    assert [worker["streams_opened"] > 0 for worker in workers] == [True, True]
    assert {name: row["value"] for name, row in run.report["counts"].items()} == {
        name: sum(worker.get(name, 0) for worker in workers) for name in run.report["counts"]
    }
    assert target.key not in run.said + (run.folder / "load.json").read_text()


def test_a_killed_worker_takes_its_streams_along_and_nothing_is_held(locust, mock):
    target = mock("--heartbeat", "1")
    killed: list[int] = []
    reported = math.inf
    seconds = iter([False] * 20 + [True] * 100)

    def kill_one_and_stop_when_it_is_missed() -> signal.Signals | Literal[False]:
        nonlocal reported
        if math.isinf(reported) and open_streams(target) == 120:
            reported = time.monotonic() + 2 * WORKER_REPORT_INTERVAL
        if not killed and time.monotonic() > reported:
            killed.append(locust.workers[-1])
            os.kill(killed[0], signal.SIGKILL)
        # Keep the other worker's streams open for a second, so that a row of the timeline has them alone.
        is_missed = "is lost, with" in locust.log.read_text()
        return is_missed and open_streams(target) == 60 and next(seconds) and signal.SIGTERM

    run = locust(
        *("-u", "6", "-r", "6", "-t", "80", "--processes", "2", "--heartbeat-period", "1", "StreamUser"),
        url=target.url,
        key=target.key,
        stop=kill_one_and_stop_when_it_is_missed,
    )

    assert killed
    assert (run.report["verdict"], run.report["exit_code"]) == ("incomplete", 4), run.said
    (lost,) = run.report["workers_lost"]
    assert lost["streams"] == 60
    seen = [row["streams"] for row in run.report["timeline"]]
    assert (max(seen), seen[-1]) == (120, 0)
    assert 60 in seen[seen.index(120) :], "the streams of the lost worker went with it"
    assert run.code in {4, 137}, run.said  # Locust reports the worst code of its processes
    assert f"worker {lost['worker']} was lost" in (run.folder / "load.html").read_text()


@pytest.mark.nightly
def test_workers_whose_master_was_killed_let_go_of_the_target_and_end(locust, mock):
    target = mock()
    workers: list[psutil.Process] = []

    def kill_the_master() -> signal.Signals | Literal[False]:
        if open_streams(target) < 40:
            return False
        workers.extend(map(psutil.Process, locust.workers))
        return signal.SIGKILL

    run = locust(
        *("-u", "2", "-r", "2", "-t", "80", "--processes", "2", "StreamUser"),
        url=target.url,
        key=target.key,
        stop=kill_the_master,
    )
    _, left = psutil.wait_procs(workers, timeout=60)  # they first wait for 15 s of silence
    for each in left:
        each.kill()

    assert (len(workers), left, run.code) == (2, [], -signal.SIGKILL)
    assert open_streams(target) == 0
    assert locust.log.read_text().count("no message from the master for 15 s; stopping this worker") == 2
    # The master is gone: there is no table and no report, rather than a report of success.
    assert not run.folder.exists()


@pytest.mark.nightly
def test_a_worker_with_other_files_refuses_to_run_and_its_master_names_it(locust, mock, tmp_path):
    target, port = mock("--heartbeat", "1"), free_port()
    other, said = ROOT / "tests" / "load" / "own_locustfile.py", tmp_path / "worker.log"
    workers: list[subprocess.Popen[bytes]] = []

    def stop_when_it_has_refused() -> signal.Signals | Literal[False]:
        if not workers:
            command = [sys.executable, "-m", "locust", "-f", str(other), "--worker", "--master-port", port]
            env = {**os.environ, UNPATCHED: "", "SIGMIC_API_KEY": target.key}
            with said.open("wb") as out:
                workers.append(subprocess.Popen(command, env=env, stdout=out, stderr=out))
        return workers[0].poll() is not None and signal.SIGTERM

    run = locust(
        *("--master", "--master-bind-port", port, "--expect-workers", "1"),
        *("-u", "1", "-t", "60", "StreamUser"),
        url=target.url,
        key=target.key,
        stop=stop_when_it_has_refused,
    )

    refused = "this worker has other locust files than its master"
    assert workers[0].returncode == 2
    assert f"locust: {refused}" in said.read_text()
    assert run.code == 4, run.said
    assert any(refused in reason for reason in run.report["reasons"])


def test_late_heartbeats_and_a_lost_event_break_their_objectives_and_no_others(locust, mock):
    late, lost = "heartbeat.late,seconds=3,times=100000", "phase.catch-up-missing,times=1"
    target = mock("--heartbeat", "5", "--fault", late, "--fault", lost)

    run = locust(
        *("-u", "2", "-r", "2", "-t", "10", "--heartbeat-period", "5", "StreamUser", "ReconnectUser"),
        url=target.url,
        key=target.key,
    )

    assert run.code == 3, run.said
    assert run.verdicts("broken") == ["heartbeat-lateness", "nothing-lost"], run.said
    assert run.report["distributions"]["heartbeat_lateness_corrected"]["p99"] > 2.8
    assert run.count("events_lost") > 0
    tasks = {task["id"] for task in tasks_of(target)}
    for kind, near in (("late", "heartbeat"), ("lost", "data:")):
        (first, *_) = [row for row in run.report["evidence"] if row["kind"] == kind]
        assert first["task"] in tasks
        assert near in first["bytes"]
    assert run.count("events_doubled") == run.count("events_out_of_order") == 0


def test_a_broken_objective_ends_a_run_that_says_so_and_carries_its_labels(locust, mock, tmp_path):
    target = mock("--heartbeat", "1")
    slo = tmp_path / "abort.yaml"
    slo.write_text(
        "objectives: [{id: late, measure: heartbeat_gap, statistic: p50, at_most: 0.5, "
        "abort_after: 3, why: nobody waits for the end}]"
    )

    run = locust(
        *("-u", "1", "-t", "80", "--heartbeat-period", "3", "--slo", str(slo), "--label", "region=eu"),
        "StreamUser",
        url=target.url,
        key=target.key,
    )

    assert (run.code, run.report["verdict"]) == (3, "broken"), run.said
    assert run.report["seconds"] < 60
    assert any("as asked, because late was broken" in reason for reason in run.report["reasons"])
    assert any("heartbeats came about 1 s apart" in reason for reason in run.report["reasons"])
    assert run.report["planned"]["heartbeats"] == 26
    assert "plan: 1 user in 1 s, 20 idle streams" in run.said
    assert "region=eu" in (run.folder / "load.html").read_text()


def test_the_step_shape_answers_in_one_line(locust, mock):
    target = mock("--heartbeat", "1")

    run = locust("--shape", "step", "--heartbeat-period", "1", "StreamUser", url=target.url, key=target.key)

    assert run.code == 0, run.said
    assert run.report["answer"].startswith("holds 40 streams with p99 lateness under 2.5 s"), run.said
    assert run.report["answer"] in run.said


def test_a_storm_drops_every_stream_and_all_come_back(locust, mock):
    target = mock("--heartbeat", "1")

    run = locust("--shape", "storm", "--heartbeat-period", "1", "StreamUser", url=target.url, key=target.key)

    assert run.code == 0, run.said
    assert run.count("reconnects") == 40
    assert run.report["distributions"]["catch_up"]["count"] == 40
    assert run.report["distributions"]["recovery"]["count"] == 2
    assert {"streams-held", "time-to-recover"} <= set(run.verdicts("held")), (
        "a wave is no fault of the target"
    )


@pytest.mark.parametrize(("sent", "processes"), [(signal.SIGTERM, ()), (signal.SIGINT, ("--processes", "2"))])
def test_a_run_that_is_stopped_leaves_nothing_and_has_a_report(mock, tmp_path, sent, processes):
    target = mock("--heartbeat", "1")
    locust = Locust(tmp_path, streams_per_task=1, opening=2)

    def stop_all() -> signal.Signals | Literal[False]:
        """Stop Locust as a terminal does: its workers get the signal as well."""
        if open_streams(target) < 40:
            return False
        for worker in locust.workers:
            os.kill(worker, sent)
        return sent

    run = locust(
        *("-u", "2", "-r", "2", "-t", "60", "--heartbeat-period", "1"),
        *(*processes, "StreamUser"),
        url=target.url,
        key=target.key,
        stop=stop_all,
    )

    assert run.report["workers_lost"] == []
    assert run.report["verdict"] == "incomplete", run.said
    assert any("of 60 s" in reason for reason in run.report["reasons"])
    assert run.report["streams"]["requested"] == 40, run.said
    assert run.report["timeline"][-1]["streams"] == 0
    assert len(run.report["judged"]) <= 1, "what comes after the end is not judged"
    assert [task["status"] for task in tasks_of(target)] == ["cancelled"] * 40


def test_a_target_that_refuses_streams_is_left_alone_as_long_as_it_wants(locust, mock):
    target = mock("--fault", "proxy.stream-refused,times=100000")

    run = locust("-u", "1", "-t", "7", "StreamUser", url=target.url, key=target.key)

    assert run.code == 3, run.said
    assert {"streams-held", "streams-refused"} <= set(run.verdicts("broken")), run.said
    assert run.count("streams_refused") < 60, "twenty at once, then one by one"
    (row,) = [row for row in run.report["errors"] if row["operation"] == "stream_task"]
    assert (row["count"], row["reason"]) == (run.count("streams_refused"), "status 503")


def test_a_key_that_is_not_known_is_refused_before_the_first_user(locust, mock):
    target = mock()

    run = locust("-t", "5", url=target.url, key="sigmic_of_somebody_else")

    assert run.code == 5, run.said
    assert "refuses the API key: 401" in run.said
    assert "sigmic_of_somebody_else" not in run.said


class Console:
    """The console's API, signed in as the owner."""

    def __init__(self, target: MockProcess) -> None:
        self._root = f"{target.url}/console/api"
        self._session = requests.Session()
        self._session.headers.update({"Origin": target.url, "Sec-Fetch-Site": "same-origin"})
        self.call("POST", "/session", {"name": "ada"})
        (project, *_) = self.call("GET", "/projects")
        self._keys = f"/projects/{project['id']}/api-keys"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._session.request(method, self._root + path, json=body or {}, timeout=10)
        assert answer.ok, answer.text
        return answer.json()["data"]

    def make_key(self) -> dict[str, str]:
        return self.call("POST", self._keys, {"name": "load", "role": "admin"})

    def revoke(self, key: dict[str, str]) -> None:
        self.call("DELETE", f"{self._keys}/{key['id']}")


def test_a_key_that_is_revoked_in_mid_run_ends_it(locust, mock):
    target = mock("--heartbeat", "1")
    console = Console(target)
    key = console.make_key()

    def revoke_when_all_is_going_on() -> Literal[False]:
        if key and open_streams(target) >= 20:
            console.revoke(key)
            key.clear()
        return False

    run = locust(
        *("-u", "2", "-r", "2", "-t", "80", "--heartbeat-period", "1", "StreamUser", "ChatUser"),
        url=target.url,
        key=key["key"],
        stop=revoke_when_all_is_going_on,
    )

    assert run.code == 5, run.said
    assert run.report["verdict"] == "incomplete"
    assert "refuses the API key: 401" in run.report["reasons"][0]
    assert run.report["seconds"] < 80


def test_the_web_page_starts_and_stops_a_run(locust, mock):
    target = mock("--heartbeat", "1")
    port = free_port()
    page = f"http://127.0.0.1:{port}"

    def use_the_page() -> signal.Signals | Literal[False]:
        try:
            shown = requests.get(page, timeout=60)
        except requests.ConnectionError:
            return False  # it is still starting
        assert shown.status_code == 200, shown.text
        asked = {"user_count": 1, "spawn_rate": 1, "host": target.url}
        assert requests.post(f"{page}/swarm", data=asked, timeout=60).json()["success"]
        wait_until(lambda: open_streams(target) == 20)
        assert "streams-held" in requests.get(f"{page}/load", timeout=60).text
        assert requests.post(f"{page}/stop", timeout=60).json()["success"]
        return signal.SIGTERM

    run = locust(
        *("--web-host", "127.0.0.1", "--web-port", port, "--heartbeat-period", "1", "StreamUser"),
        url=target.url,
        key=target.key,
        stop=use_the_page,
    )

    assert run.code == run.report["exit_code"] == 4, run.said  # nothing was judged
    assert run.report["streams"]["requested"] == 20
    assert {task["status"] for task in tasks_of(target)} == {"cancelled"}


@pytest.mark.nightly
@pytest.mark.parametrize(
    "name",
    [
        "frozen 2 s, fake target",
        "tasks over at once",
        "done after 6 s",
        "every 20th ends with error",
        "every 20th never answered",
        "killed target",
    ],
)
def test_the_verdict_of_the_table_is_right(name):
    (case,) = [case for case in (*HEALTHY, *BROKEN_CASES) if case.name == name]

    answer, says = run(case)

    assert answer != WRONG, says
