"""Two pytest-xdist workers share a server: 200 tests each with separate faults and clock do not interfere."""

import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.fakes.command import ended

pytestmark = pytest.mark.e2e
TESTS = '''
"""Written by test_xdist. Every test would see what another one's project is up to."""

import os, random, urllib.error, urllib.request, json
from datetime import datetime
import pytest

BORN = {{}}


def call(project, method, path, body=None):
    request = urllib.request.Request(
        project.base_url + path,
        None if body is None else json.dumps(body).encode(),
        {{**project.headers, "Content-Type": "application/json"}},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


def fault_of(number):
    return [
        ("http.internal-error", "list_tasks", 500),
        ("http.rate-limited", "list_tasks", 429),
        ("http.internal-error", "create_task", 500),
        ("http.rate-limited", "create_task", 429),
    ][number % 4]


@pytest.mark.parametrize("number", range({count}))
@pytest.mark.sigmic_clock("manual")
def test_alone(sigmic_mock, sigmic_project, number, worker_id, record_property):
    fault, operation, status = fault_of(number)
    record_property("server", f"{{worker_id}} {{sigmic_mock.base_url}}")
    project, chance = sigmic_project, random.Random(number)
    begun = datetime.fromisoformat(project.clock["now"].replace("Z", "+00:00"))
    assert project.faults.active() == []
    nth = chance.choice([1, 2, 3])
    armed = project.fault(fault, operation=operation, nth=nth)

    statuses = {{"list_tasks": [], "create_task": []}}
    mine = []
    for turn in range(3):
        message = f"{{worker_id}} {{number}} {{turn}}"
        code, answer = call(project, "POST", "/api/v1/tasks", {{"message": message}})
        statuses["create_task"].append(code)
        if code == 201:
            mine.append(answer["data"]["id"])
        code, answer = call(project, "GET", "/api/v1/tasks")
        statuses["list_tasks"].append(code)
        if code == 200:
            # Nobody else's task, and every one of mine.
            assert sorted(task["id"] for task in answer["data"]) == sorted(mine)

    # The fault met its own call once, and nobody else's fault met any.
    expected = {{name: [200 if name == "list_tasks" else 201] * 3 for name in statuses}}
    expected[operation][nth - 1] = status
    assert statuses == expected
    assert armed.fired == 1
    assert [each["number"] for each in project.faults.active()] == [armed.number]

    # Time has stood still while others moved theirs, and moves by what is asked here.
    hours = 1 + number % 5
    for _ in range(2):
        project.advance(f"{{hours}}h")
    now = datetime.fromisoformat(project.clock["now"].replace("Z", "+00:00"))
    assert abs((now - begun).total_seconds() - 2 * hours * 3600) < 0.002

    # A task of another test is not there for this key.
    for other, key in BORN.items():
        assert call(project, "GET", f"/api/v1/tasks/{{other}}")[0] == 404
        assert key != project.api_key
    BORN.clear()
    BORN[mine[0]] = project.api_key

    # What the journal has of this project is what this test did.
    asked = [entry for entry in project.journal(kind="request") if entry["operation"] in statuses]
    assert len(asked) == 6, [entry["operation"] for entry in asked]
'''


def run(folder: Path, *words: str) -> str:
    """Run the tests in `folder` with two workers and no plugins but ours; return the output."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "xdist"]
    command += ["-p", "sigmic_mock.pytest_plugin"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIGMIC_", "PYTEST_"))}
    done = ended(
        [*command, "-q", "--dist=each", "--tx=2*popen", "--junitxml=report.xml", *words],
        seconds=600,
        cwd=folder,
        env=kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_two_workers_with_200_tests_each_do_not_disturb_each_other(tmp_path: Path) -> None:
    (tmp_path / "test_many.py").write_text(TESTS.format(count=200))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    said = run(
        tmp_path,
        *("--strict-markers", "-W", "error", "--sigmic-leftovers=error", f"--basetemp={tmp_path / 'temp'}"),
    )

    assert "400 passed" in said
    used = re.findall(r'name="server" value="(gw\d) ([^"]+)"', (tmp_path / "report.xml").read_text())
    assert Counter(worker for worker, _ in used) == {"gw0": 200, "gw1": 200}
    assert len({server for _, server in used}) == 1
    # The server ended with the last of them.
    assert not list((tmp_path / "temp" / "sigmic-mock").glob("sigmic-mock-*"))


def test_each_worker_may_have_a_server_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_many.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('number', range(12))\n"
        "def test_alone(sigmic_mock, number, record_property, worker_id):\n"
        "    record_property('server', f'{worker_id} {sigmic_mock.base_url}')\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nsigmic_server = worker\n")

    run(tmp_path)

    servers = set(
        re.findall(r'name="server" value="gw\d (http[^"]+)"', (tmp_path / "report.xml").read_text())
    )
    assert len(servers) == 2
