"""The effect of our plugin on a pytest session that does not select the suite, and on one that does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sigmic_conformance
from lab.platforms.server import serve
from sigmic_conformance import plugin
from sigmic_conformance.registry import load
from sigmic_spec.ledger import Ledger
from tests.fakes.command import ended

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "conformance" / "sigmic_conformance" / "checks"
INSTALLED = Path(sigmic_conformance.__file__).parent
LIGHT = {
    "sigmic_conformance",
    "sigmic_conformance.plugin",
    "sigmic_mock",
    "sigmic_mock.pytest_marks",
    "sigmic_mock.pytest_plugin",
}
"""All of our modules that a session without the suite loads; of other packages it loads only pytest."""
PLUGINS = ("sigmic_conformance.plugin", "sigmic_mock.pytest_plugin")


def session(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, with our two plugins, those named in `words`, and none of our variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIGMIC_", "PYTEST_"))}
    return ended(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
            *(word for name in PLUGINS for word in ("-p", name)),
            *words,
        ],
        seconds=100,
        cwd=folder,
        env=kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | variables,
    )


@pytest.mark.parametrize(
    ("argument", "is_suite"),
    [
        ("sigmic_conformance", True),
        ("sigmic_conformance.checks.upload", True),
        (str(INSTALLED), True),
        (str(CHECKS), True),
        (f"{CHECKS / 'upload.py'}::UPLOAD-001", True),
        ("sigmic_mock", False),
        ("conformance.tests", False),
        ("tests", False),
        (str(ROOT), False),
        ("http://127.0.0.1:1", False),
    ],
)
def test_the_suite_is_named_by_package_or_path(argument, is_suite):
    assert plugin.names_the_suite(["tests", argument]) is is_suite


def test_a_session_that_is_not_about_the_suite_loads_next_to_nothing(tmp_path):
    (tmp_path / "test_light.py").write_text(
        "import sys\n"
        "def test_light():\n"
        "    ours = {name for name in sys.modules if name.startswith('sigmic_')}\n"
        f"    assert ours == {LIGHT!r}\n"
        "    assert not {'yaml', 'h11', 'aiohttp', 'jsonschema_rs', 'asyncio'} & set(sys.modules)\n"
    )

    done = session(tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_project_may_have_options_of_the_suites_names(tmp_path):
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n"
        "    for name in ('--target', '--mock', '--seed', '--baseline', '--rows', '--tier'):\n"
        "        parser.addoption(name, help='of the project')\n"
    )
    (tmp_path / "test_own.py").write_text(
        "def test_it_is_mine(pytestconfig):\n    assert pytestconfig.getoption('--target') == 'mine'\n"
    )

    done = session(tmp_path, "--target", "mine", SIGMIC_TARGET="http://127.0.0.1:1")

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_session_without_a_target_says_which_option_is_missing(tmp_path):
    done = session(tmp_path, "--pyargs", "sigmic_conformance")

    assert done.returncode == 2
    assert "no target given. Use --target URL or --mock" in done.stdout


def test_xdist_workers_report_unproven_requirements(tmp_path):
    with serve(heartbeat=3.0) as target:
        words = ("--pyargs", "sigmic_conformance", "--target", target.url)
        # Without a second key the second row is unproven.
        rows = ("--rows", "GET-001,ISOLATION-001", "-p", "xdist", "-n", "1")
        done = session(tmp_path, *words, *rows, SIGMIC_API_KEY=next(iter(target.accounts.keys)))

    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert "1 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "precondition" in done.stdout


def test_rows_are_chosen_by_level_evidence_and_area(tmp_path):
    words = ("--pyargs", "sigmic_conformance", "--collect-only", "-q", "--strict-markers")
    target = {"SIGMIC_TARGET": "http://127.0.0.1:9", "SIGMIC_API_KEY": "sigmic_key"}

    found = session(tmp_path, *words, "-m", "must and documented and (BEAT or LIST)", **target)
    rows = {line.rpartition("::")[2].split()[0] for line in found.stdout.splitlines() if "::" in line}

    expected = {
        each.id
        for each in Ledger.load().requirements
        if (each.level, each.evidence) == ("must", "documented") and each.area in {"BEAT", "LIST"}
    }
    assert rows == {row for row in expected if row in load(Ledger.load().by_id).checks}, found.stdout
    assert rows
