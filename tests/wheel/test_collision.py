"""A project whose packages are named like our folders: with the wheel installed, its tests are its own."""

from pathlib import Path

import pytest

from tests.wheel.installation import Installation

pytestmark = pytest.mark.xdist_group("wheel")  # one process builds and installs
NAMES = ("spec", "mock_server", "conformance", "load", "fixtures", "lab", "tests", "tools")
TEST = """
import importlib

import pytest


@pytest.mark.parametrize("name", {names!r})
def test_the_package_is_ours(name):
    assert importlib.import_module(f"{{name}}.mine").WHOSE == "the project's"


def test_the_installed_one_is_beside_it():
    assert importlib.import_module("sigmic_spec.ledger").Ledger.load().requirements
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with packages of the same names as ours, and one test that imports them."""
    for name in NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "mine.py").write_text('WHOSE = "the project\'s"\n')
    (tmp_path / "tests" / "test_packages.py").write_text(TEST.format(names=NAMES))
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\nfilterwarnings = error\n")
    return tmp_path


def test_pytest_runs_the_projects_tests_with_its_own_packages(full: Installation, project: Path):
    done = full.run("python", "-m", "pytest", "-p", "no:cacheprovider", cwd=project)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(NAMES) + 1} passed" in done.stdout


def test_the_commands_start_in_such_a_project(full: Installation, project: Path):
    for command in ("sigmic-mock", "sigmic-conformance"):
        done = full.run(command, "--version", cwd=project)

        assert done.returncode == 0, done.stderr


def test_our_fixtures_are_offered_to_the_project(full: Installation, project: Path):
    (project / "tests" / "test_client.py").write_text(
        "def test_a_client_has_a_project(sigmic_project):\n    assert sigmic_project.api_key\n"
    )

    done = full.run("python", "-m", "pytest", "-p", "no:cacheprovider", "tests/test_client.py", cwd=project)

    assert done.returncode == 0, done.stdout + done.stderr
