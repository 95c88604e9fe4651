"""Runs the conformance command against a target as a user does, and reads what it wrote."""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from sigmic_conformance.conformance.cli import main
from tests.conformance.targets.reach import Reach
from tests.conformance.targets.server import Target

Run = Callable[..., "Judgement"]
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Judgement:
    """The exit code, the verdicts by row, and the seconds that it took."""

    code: int
    verdicts: dict[str, dict]
    seconds: float
    output: str

    def rows(self, *outcomes: str) -> dict[str, str]:
        """Rows of these outcomes with reason and observation."""
        return {
            row: f"{verdict['reason']}: {verdict['observed']}"
            for row, verdict in self.verdicts.items()
            if verdict["outcome"] in outcomes
        }


@dataclass(frozen=True)
class Patience:
    """Seconds that a task and an answer may take. Little, where a target is known to hang."""

    task: float = 20
    answer: float = 8


UNHURRIED = Patience(task=60, answer=30)
"""Of a target that is whole: what is late is late because the machine is busy with other things."""


def run(
    url: str,
    folder: Path,
    environment: dict[str, str],
    *flags: str,
    timeout: float = 300,
    retry: bool = False,
) -> Judgement:
    """One run of the command; its result if it wrote a whole one. With `retry`, failed rows are retried."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "sigmic_conformance.conformance", *words(url, folder, *flags, retry=retry)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return judgement(done.returncode, folder, began, done.stdout + done.stderr)


def run_here(
    url: str, folder: Path, environment: dict[str, str], *flags: str, retry: bool = False
) -> Judgement:
    """The same in this process, which saves the start of another."""
    began, said = time.monotonic(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        # The command changes both for its own session of pytest.
        patch.delenv("PYTEST_ADDOPTS", raising=False)
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            code = main(words(url, folder, *flags, retry=retry))
        except SystemExit as refused:
            code = int(refused.code or 0)
    return judgement(code, folder, began, said.getvalue())


def words(url: str, folder: Path, *flags: str, retry: bool) -> list[str]:
    more = () if retry else ("--no-retry",)
    return ["run", "--target", url, "--report-dir", str(folder), *more, *flags]


def judgement(code: int, folder: Path, began: float, output: str) -> Judgement:
    written = folder / "result.json"
    verdicts = json.loads(written.read_text())["verdicts"] if written.exists() else []
    seconds = time.monotonic() - began
    return Judgement(code, {verdict["id"]: verdict for verdict in verdicts}, seconds, output)


def judge(
    target: Target | Reach,
    folder: Path,
    *flags: str,
    select: str | None = None,
    without: tuple[str, ...] = (),
    patience: Patience = Patience(),
    journeys: str = "none",
    by: Run = run,
) -> Judgement:
    """Check an independent target with its keys, its widget app and what its profile has to say."""
    reach = target.reach if isinstance(target, Target) else target
    folder.mkdir(parents=True, exist_ok=True)
    profile = {
        "tier": "full",
        "journeys": journeys,
        "second_api_key_env": "SECOND_KEY",
        "viewer_api_key_env": "VIEWER_KEY",
        "heartbeat_seconds": reach.heartbeat,
        "without": [*without, "mcp"],
        "session_expiry_seconds": reach.idle + 0.5,
        "widget": {
            "app_id_env": "APP_ID",
            "app_secret_env": "APP_SECRET",
            "allowed_origin": "https://shop.example",
        },
        "limits": {
            "max_file_bytes": reach.largest,
            "accepted_file_bytes": reach.largest * 95 // 100,
        },
        "budget": {"task_seconds": patience.task, "answer_seconds": patience.answer},
    }
    if reach.largest == 52_428_800:
        profile["limits"] = {}
    path = folder / "profile.yaml"
    path.write_text(yaml.safe_dump(profile))
    first, second = reach.keys
    environment = {
        "FIRST_KEY": first,
        "SECOND_KEY": second,
        "VIEWER_KEY": reach.viewer_key,
        "APP_ID": reach.app_id,
        "APP_SECRET": reach.app_secret,
    }
    chosen = ["-k", select] if select else []
    return by(
        reach.url, folder, environment, "--api-key-env", "FIRST_KEY", "--profile", str(path), *chosen, *flags
    )
