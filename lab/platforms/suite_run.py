"""Run the conformance command against a target as a user does, and read the files that it wrote."""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.platforms.platform import Platform
from lab.platforms.server import Target
from lab.platforms.workspace import Files
from sigmic_conformance.cli import main

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class SuiteRun:
    """A run of the suite: the exit code, the verdicts by row, the duration in seconds, and the output."""

    code: int
    verdicts: dict[str, dict]
    seconds: float
    output: str

    def rows(self, *outcomes: str) -> dict[str, str]:
        """Return the rows with these outcomes, with reason and observation."""
        return {
            row: f"{verdict['reason']}: {verdict['observed']}"
            for row, verdict in self.verdicts.items()
            if verdict["outcome"] in outcomes
        }


@dataclass(frozen=True)
class Patience:
    """Limits in seconds for a task and an answer. Use short ones for a target that is known to hang."""

    task: float = 20
    answer: float = 8


UNHURRIED = Patience(task=60, answer=30)
"""For a correct target: its delays come from a busy machine."""


def run(
    folder: Path,
    environment: dict[str, str],
    *flags: str,
    timeout: float = 900,
) -> SuiteRun:
    """Run the command without retries; return its result, with verdicts if it wrote a complete one."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "sigmic_conformance", *words(folder, "--no-retry", *flags)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return _read(done.returncode, folder, began, done.stdout + done.stderr)


def run_here(
    url: str, folder: Path, environment: dict[str, str], *flags: str, retry: bool = False
) -> SuiteRun:
    """The same in this process, which is faster. With `retry`, failed rows are retried."""
    began, said = time.monotonic(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        # The command changes both variables for its pytest session.
        patch.delenv("PYTEST_ADDOPTS", raising=False)
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            code = main(words(folder, "--target", url, *(() if retry else ("--no-retry",)), *flags))
        except SystemExit as refused:
            code = int(refused.code or 0)
    return _read(code, folder, began, said.getvalue())


def words(folder: Path, *flags: str) -> list[str]:
    return ["run", "--report-dir", str(folder), *flags]


def _read(code: int, folder: Path, began: float, output: str) -> SuiteRun:
    written = folder / "result.json"
    verdicts = json.loads(written.read_text())["verdicts"] if written.exists() else []
    seconds = time.monotonic() - began
    return SuiteRun(code, {verdict["id"]: verdict for verdict in verdicts}, seconds, output)


def run_rows(target: Target, folder: Path, *, select: str, without: tuple[str, ...] = ()) -> SuiteRun:
    """Check these rows of an independent target that runs in this process."""
    profile = profile_in(folder, target.heartbeat, target.files.largest, without=without)
    return run_here(target.url, folder, credentials(target), "--profile", str(profile), "-k", select)


def credentials(target: Target) -> dict[str, str]:
    """Return the target's keys and widget app, by the variables that the suite reads."""
    first, second = target.accounts.keys
    return {
        "SIGMIC_API_KEY": first,
        "SIGMIC_SECOND_API_KEY": second,
        "SIGMIC_VIEWER_API_KEY": target.accounts.viewer_key,
        "SIGMIC_ANOTHER_API_KEY": target.accounts.another_key,
        "SIGMIC_APP_ID": target.accounts.app_id,
        "SIGMIC_APP_SECRET": target.accounts.app_secret,
    }


def profile_document(
    heartbeat: float, largest: int, *, without: tuple[str, ...] = (), patience: Patience = Patience()
) -> dict[str, Any]:
    """Return the profile of an independent target whose largest file has `largest` bytes."""
    profile: dict[str, Any] = {
        "tier": "full",
        "journeys": "none",
        "heartbeat_seconds": heartbeat,
        "without": [*without, "mcp"],
        "session_expiry_seconds": Platform.idle_seconds + 0.5,
        "widget": {
            "app_id_env": "SIGMIC_APP_ID",
            "app_secret_env": "SIGMIC_APP_SECRET",
            "allowed_origin": "https://shop.example",
        },
        "budget": {"task_seconds": patience.task, "answer_seconds": patience.answer},
    }
    if largest != Files.largest:
        profile["limits"] = {"max_file_bytes": largest, "accepted_file_bytes": largest * 95 // 100}
    return profile


def profile_in(folder: Path, heartbeat: float, largest: int, **more: Any) -> Path:
    """Write the profile of an independent target; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "profile.yaml"
    path.write_text(yaml.safe_dump(profile_document(heartbeat, largest, **more)))
    return path
