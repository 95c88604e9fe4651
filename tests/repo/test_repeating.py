"""A failed run ends with the command that repeats its failed tests."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULE = (
    "import pytest\n@pytest.mark.parametrize('word', ['a b', 'c'])\ndef test_it(word): assert word == 'c'\n"
)


def run(folder: Path, environment: str, *words: str) -> list[str]:
    """Return the lines that pytest prints with our hooks, in an environment of tox or without one."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "TOX_ENV_NAME": environment}
    variables["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", *words]
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.splitlines()


def test_the_last_line_of_a_run_that_fails_repeats_what_failed(tmp_path: Path):
    (tmp_path / "test_word.py").write_text(MODULE)

    *_, last = run(tmp_path, "")
    again = run(tmp_path, "", *shlex.split(last.removeprefix("repeat: python -m pytest ")))

    assert last == "repeat: python -m pytest 'test_word.py::test_it[a b]'"
    assert again[-2].startswith("1 failed in ")


def test_in_an_environment_of_tox_it_names_the_environment(tmp_path: Path):
    (tmp_path / "test_word.py").write_text(MODULE)

    assert (
        run(tmp_path, "unit", "-p", "xdist", "-n", "1")[-1]
        == "repeat: tox -e unit -- 'test_word.py::test_it[a b]'"
    )
