"""Schemathesis explores every operation of the documents against the running mock and finds no failure."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sigmic_spec.document import Document
from tests.e2e.process import MockProcess
from tests.fakes.command import ended

ROOT = Path(__file__).parents[2]


CONSOLE = """
[parameters]
project = "{project}"
[auth.openapi.session]
api_key = "{cookie}"
[checks.positive_data_acceptance]  # 412: no schema knows which tag is the last one
expected-statuses = ["2xx", "401", "403", "404", "409", "412"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "409", "412", "415", "428"]
[checks.missing_required_header]
expected-statuses = ["400", "401", "415", "428"]
[[operations]]  # what makes a server of a project right is not said in the document
include-name = "PUT /projects/{{project}}/settings"
checks.positive_data_acceptance.enabled = false
"""
_ENDS_ALL = ("sign_out", "delete_project")
"""Operations after which all others are refused."""


def schemathesis(*words: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("schemathesis"))]
    command += [] if config is None else ["--config-file", str(config)]
    return ended(
        [*command, "run", *words, "--seed", "1", "--no-color"],
        seconds=300,
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


@pytest.mark.nightly
def test_no_failure_is_left_over_all_operations(mock: MockProcess, tmp_path: Path):
    report = ("--report", "junit", "--report-dir", str(tmp_path))
    key = ("--header", f"Authorization: Bearer {mock.key}")

    done = schemathesis("spec/openapi.yaml", "--url", mock.url, *key, "--max-examples", "30", *report)

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    # An approval needs a task that awaits one, which no example reaches. A download needs an existing file,
    # which depends on the speed of the tasks of other examples.
    reached = set(re.findall(r" operation=(\w+) status=2\d\d ", mock.log.read_text()))
    by_chance = {"approve_tool_call", "create_token", "download_artifact"}
    assert reached >= set(Document.load().operations) - by_chance


def test_no_failure_is_left_over_the_operations_of_the_console(mock: MockProcess, tmp_path: Path):
    url = f"{mock.url}/console/api"
    page = requests.Session()
    page.headers["Origin"] = mock.url
    assert page.post(f"{url}/session", json={"name": "ada"}, timeout=10).status_code == 200
    ((name, cookie),) = page.cookies.items()
    project = page.post(f"{url}/projects", json={"name": "Explored"}, timeout=10).json()["data"]["id"]
    document, config = tmp_path / "console.json", tmp_path / "schemathesis.toml"
    served = page.get(f"{url}/openapi.json", timeout=10)
    document.write_text(served.text.replace("sigmic_console_8787", name))  # the name contains the port
    config.write_text(CONSOLE.format(project=project, cookie=cookie))
    without = [word for each in _ENDS_ALL for word in ("--exclude-operation-id", each)]
    phases = ("--phases", "coverage,stateful", "--max-examples", "5")

    done = schemathesis(
        str(document), "--url", url, "--header", f"Origin: {mock.url}", *phases, *without, config=config
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    kept = [page.get(f"{url}/projects/{project}/{part}", timeout=10) for part in ("api-keys", "widget-apps")]
    assert all(answer.json()["data"] for answer in kept)
