"""Schemathesis explores every operation of the document against the running mock and finds no failure."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.process import MockProcess

ROOT = Path(__file__).parents[2]


def test_no_failure_is_left_over_all_operations(mock: MockProcess, tmp_path: Path):
    (tmp_path / "schemathesis.toml").write_text(
        f"""
request-timeout = 10
[auth.openapi.bearerApiKey]
bearer = "{mock.key}"
[generation]
database = "none"
deterministic = true
"""
    )

    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            str(ROOT / "spec" / "openapi.yaml"),
            "--url",
            mock.url,
            "--max-examples",
            "25",
            "--seed",
            "1",
            "--report",
            "junit",
            "--report-dir",
            str(tmp_path),
            "--no-color",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert requests_were_made(done.stdout), done.stdout[-3000:]


def requests_were_made(report: str) -> bool:
    return "11 / 11" in report or "Operations:" in report
