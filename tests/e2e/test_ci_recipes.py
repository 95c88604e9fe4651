"""The CI recipes work: their shell steps run in an empty directory, on a mock."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.fakes.command import ended

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples/ci/conformance.sh"
MOCK = f"{sys.executable} -m sigmic_mock"
SERVER = f"{MOCK} --ephemeral --port {{port}} --ready-file {{ready_file}}"

pytestmark = pytest.mark.timeout(180)


def judged(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return ended(
        [SCRIPT, *arguments],
        seconds=120,
        cwd=folder,
        env=os.environ | {"PATH": path, "GITHUB_ACTIONS": "", "SIGMIC_TARGET": ""} | environment,
    )


def test_the_shell_recipe_starts_the_server_runs_the_suite_and_reports(tmp_path: Path):
    summary = tmp_path / "step.md"
    again = {"SIGMIC_SERVE": SERVER, "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true"}

    first = judged(tmp_path, "-k", "LIST-005", SIGMIC_REPORT="before", **again)
    worse = again | {"SIGMIC_SERVE": f"{SERVER} --fault list.ignores-offset", "SIGMIC_BEFORE": "before"}
    second = judged(tmp_path, "-k", "LIST-005", **worse)

    assert (first.returncode, second.returncode) == (0, 1), (first, second)
    assert "::error title=LIST-005 failed" in second.stdout
    assert summary.read_text().count("# ") >= 2
    assert (tmp_path / "reports/delta.md").read_text().startswith("**Conformance**: 1 broken, 0 fixed")
    assert (tmp_path / "reports/server.log").exists()


def test_a_gate_that_cannot_start_its_server_is_red_and_leaves_nothing(tmp_path: Path):
    done = judged(tmp_path, SIGMIC_SERVE="exit 3")

    assert (done.returncode, "ended with exit code 3" in done.stderr) == (4, True)
    assert not (tmp_path / "reports").exists()


def test_the_action_hands_every_input_on():
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    text = (ROOT / "action.yml").read_text()

    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(action["inputs"])
    told = {
        name for step in action["runs"]["steps"] for name in step.get("env", {}) if name.startswith("SIGMIC_")
    }
    read = set(re.findall(r"\bSIGMIC_[A-Z]+\b", SCRIPT.read_text())) | {"SIGMIC_PROFILE"}
    assert told <= read
