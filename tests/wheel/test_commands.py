"""The programs installed from the wheel start and answer, in a folder that contains nothing of the clone."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes.command import ended
from tests.wheel.installation import COMMAND_SECONDS, FOLDERS, ROOT, Installation

pytestmark = pytest.mark.xdist_group("wheel")  # one process builds and installs
ASK = """
import json, os, urllib.request
key = os.environ["SIGMIC_API_KEY"]
request = urllib.request.Request(
    os.environ["SIGMIC_BASE_URL"].removesuffix("/api/v1") + "/api/v1/tasks",
    data=json.dumps({"message": "What is the capital of France?"}).encode(),
    headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
)
with urllib.request.urlopen(request, timeout=20) as answer:
    print(answer.read().decode())
"""


def test_the_mock_alone_needs_no_extra_and_says_its_version(light: Installation, version: str):
    done = light.run("sigmic-mock", "--version")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"sigmic-mock {version}\n", "")


def test_the_mock_alone_serves_a_client(light: Installation):
    done = light.run("sigmic-mock", "exec", "--", "python", "-c", ASK)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["success"] is True


def test_pytest_offers_the_mock_where_the_suite_cannot_run(light: Installation):
    (light.folder / "test_client.py").write_text(
        "def test_a_client_has_a_project(sigmic_project):\n    assert sigmic_project.api_key\n"
    )

    done = light.run("python", "-m", "pytest", "-p", "no:cacheprovider")

    assert done.returncode == 0, done.stdout + done.stderr


FORBIDDEN = {
    "sigmic-spec": {"pytest", "aiohttp", "locust", "hypothesis", "schemathesis"},
    "sigmic-mock": {
        "sigmic_conformance",
        "pytest",
        "hypothesis",
        "schemathesis",
        "allure_pytest",
        "locust",
        "mcp",
    },
    "sigmic-conformance": {"sigmic_mock", "locust", "aiohttp", "hypothesis", "schemathesis", "mcp"},
    "sigmic-load": {"sigmic_mock", "aiohttp", "hypothesis", "schemathesis", "mcp"},
}
"""Packages that a distribution must not bring."""
MEGABYTES = {"sigmic-spec": 30, "sigmic-mock": 50, "sigmic-conformance": 60, "sigmic-load": 120}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_distribution_installs_only_its_own_dependencies(alone: Mapping[str, Installation], name: str):
    found = alone[name]

    figures = f"{len(found.packages())} packages, {found.megabytes():.0f} MB, {found.seconds:.1f} s"
    assert found.packages().isdisjoint(FORBIDDEN[name]), figures
    assert found.megabytes() < MEGABYTES[name], figures


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sigmic-mock", ("sigmic-mock", "--help")),
        ("sigmic-conformance", ("sigmic-conformance", "--help")),
        ("sigmic-load", ("sigmic-load", "--help")),
        ("sigmic-load", ("sigmic-load", "run", "--help")),
        (
            "sigmic-spec",
            ("python", "-c", "from sigmic_spec.ledger import Ledger; print(len(Ledger.load().requirements))"),
        ),
    ],
)
def test_each_distribution_starts_alone(alone: Mapping[str, Installation], name: str, words: tuple[str, ...]):
    done = alone[name].run(*words)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_suite_without_the_mock_names_the_package_to_install(alone: Mapping[str, Installation]):
    done = alone["sigmic-conformance"].run("sigmic-conformance", "run", "--mock")

    assert (done.returncode, done.stdout) == (4, "")
    told = r"sigmic-mock is not installed: --mock needs it; run: (uv )?pip install \S*mock_server"
    assert re.search(told, done.stderr), done.stderr


def test_explore_without_its_extra_is_refused_before_the_target_is_asked(alone: Mapping[str, Installation]):
    done = alone["sigmic-conformance"].run(
        "sigmic-conformance", "explore", "--target", "http://127.0.0.1:9", "--api-key-env", "HOME"
    )

    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert re.search(r"pip install \S*conformance\[explore\]", done.stderr), done.stderr


def test_twine_accepts_the_built_distributions(distributions: Path):
    done = ended(
        [sys.executable, "-m", "twine", "check", "--strict", *distributions.glob("sigmic_*")],
        seconds=COMMAND_SECONDS,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_bundled_playbooks_are_found(light: Installation):
    done = light.run("sigmic-mock", "playbooks", "list")

    assert done.returncode == 0, done.stderr
    names = {path.stem for path in (ROOT / "fixtures" / "playbooks").glob("*.yaml")}
    assert [name for name in names if name not in done.stdout] == []


def test_the_suite_says_its_version_and_the_ledgers(full: Installation, version: str):
    done = full.run("sigmic-conformance", "--version")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"sigmic-conformance {version}, ledger ")


def test_the_suite_lists_its_rows(full: Installation):
    done = full.run("sigmic-conformance", "list", "--json")

    assert done.returncode == 0, done.stderr
    assert {row["area"] for row in json.loads(done.stdout)} >= {"STREAM", "BEAT", "UPLOAD"}


@pytest.mark.nightly
def test_pytest_collects_every_row_by_the_name_of_the_package(full: Installation):
    rows = json.loads(full.run("sigmic-conformance", "list", "--json").stdout)

    done = full.run(
        "python", "-m", "pytest", "--pyargs", "sigmic_conformance", "--collect-only", "-q",
        "--target", "http://127.0.0.1:9", "--api-key-env", "HOME", "--tier", "full",
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert [row["id"] for row in rows if row["id"] not in done.stdout] == []


def test_one_row_is_judged_against_the_mock(full: Installation, tmp_path: Path):
    done = full.run("sigmic-conformance", "run", "--mock", "-k", "GET-001", "--report-dir", str(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "result.json").read_text("utf-8"))
    outcomes = {row["id"]: row["outcome"] for row in result["verdicts"]}
    assert outcomes["GET-001"] == "passed"


@pytest.mark.parametrize("module", ["sigmic_mock", "sigmic_conformance"])
def test_a_package_is_started_as_a_module_too(full: Installation, version: str, module: str):
    done = full.run("python", "-m", module, "--version")

    assert done.returncode == 0, done.stderr
    assert version in done.stdout
