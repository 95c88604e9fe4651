"""The mock is used through its command, whichever environment that belongs to."""

import json
import re
import sys
from pathlib import Path

import pytest

from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.target.profile import ProfileError
from sigmic_conformance.target.reference_server import reference_platform

FAKE = """#!{python}
import json, os, pathlib, sys
words = sys.argv[1:]
pathlib.Path({words!r}).write_text(json.dumps(words))
ready = pathlib.Path(words[words.index("--ready-file") + 1])
draft = ready.with_suffix(".draft")
draft.write_text(json.dumps({ready!r}))
draft.replace(ready)
sys.stdin.read()
"""


class Machine:
    """A folder for the commands of the suite's environment, and another one that PATH names."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.own, self.elsewhere = folder / "own", folder / "elsewhere"
        for each in (self.own, self.elsewhere):
            each.mkdir()
        monkeypatch.setattr(
            "sigmic_conformance.target.reference_server.sys.executable", str(self.own / "python")
        )
        monkeypatch.setenv("PATH", f"{self.elsewhere}:/usr/bin:/bin")

    def install(self, folder: Path, **ready: object) -> Path:
        """Write a fake `sigmic-mock`; return the file that will hold the arguments it is started with."""
        words = folder / "words.json"
        command = folder / "sigmic-mock"
        told = {"base_url": "http://127.0.0.1:9", **ready}
        command.write_text(FAKE.format(python=PYTHON, words=str(words), ready=told))
        command.chmod(0o755)
        return words


PYTHON = sys.executable


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("ready", "without"), [({"mcp": True}, set()), ({"mcp": False}, {"mcp"}), ({}, {"mcp"})]
)
def test_the_mock_itself_says_whether_it_supports_mcp(machine: Machine, ready, without):
    machine.install(machine.elsewhere, **ready)

    with reference_platform() as (profile, _):
        assert profile.base_url == "http://127.0.0.1:9"
        assert profile.without == without


def test_the_mock_of_the_same_environment_comes_before_that_of_path(machine: Machine):
    beside, other = machine.install(machine.own), machine.install(machine.elsewhere)

    with reference_platform(heartbeat_seconds=3):
        words = json.loads(beside.read_text())

    assert words[words.index("--heartbeat") + 1] == "3"
    assert not other.exists()


def test_a_missing_mock_is_one_line_with_the_command_that_installs_it(machine: Machine):
    with pytest.raises(ProfileError) as refused, reference_platform():
        pass

    assert refused.value.code == ExitCode.USAGE
    said = str(refused.value)
    assert re.match(r"sigmic-mock is not installed: --mock needs it; run: (uv )?pip install ", said)
    assert "mock_server" in said
    assert "\n" not in said


def test_no_secret_is_an_argument_of_the_mock(machine: Machine):
    words = machine.install(machine.elsewhere)

    with reference_platform() as (_, credentials):
        said = words.read_text()

    assert credentials.api_key not in said
    assert (credentials.app_secret or "?") not in said
