"""`reproduce` sends what was recorded once more, to a server that has never heard of the recorded tasks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.commands.test_run import run_against
from tests.conformance.targets.access_defects import KeysShareTasks
from tests.conformance.targets.judging import ROOT, judge
from tests.conformance.targets.server import Target, serve
from tests.conformance.targets.task_defects import NoMessageNeeded, OldestFirst

pytestmark = pytest.mark.timeout(120)


def reproduce(target: Target, row: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    key, second = target.accounts.keys
    command = [sys.executable, "-m", "sigmic_conformance.conformance", "reproduce", row, str(folder)]
    return subprocess.run(
        [*command, "--target", target.url, *more],
        cwd=ROOT,
        env=os.environ | {"SIGMIC_API_KEY": key, "SIGMIC_SECOND_API_KEY": second},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_failure_is_reproduced_while_it_is_there_and_not_when_it_is_mended(tmp_path: Path):
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        run_against(target, tmp_path, "-k", "CREATE-008 or UPLOAD-010")
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        broken = reproduce(target, "CREATE-008", tmp_path)
    with serve(heartbeat=0.5) as target:
        mended = reproduce(target, "CREATE-008", tmp_path)
        upload = reproduce(target, "UPLOAD-010", tmp_path)
        none = reproduce(target, "AUTH-001", tmp_path)

    assert (broken.returncode, "\nreproduced: failed (accepted)" in broken.stdout) == (1, True), broken
    assert (mended.returncode, "\nnot reproduced: passed" in mended.stdout) == (0, True), mended
    assert "recorded  POST" in mended.stdout
    # What was uploaded was kept byte by byte, and the file is that of a new task.
    assert "\nreproduced: passed" in upload.stdout, upload
    assert (none.returncode, "did not judge AUTH-001" in none.stderr) == (4, True)


def test_what_a_few_requests_do_not_decide_is_decided_by_all_of_the_probe(tmp_path: Path):
    with serve(KeysShareTasks, heartbeat=0.5) as target:
        judge(target, tmp_path, select="ISOLATION-001")
    with serve(heartbeat=0.5) as target:
        mended = reproduce(target, "ISOLATION-001", tmp_path)

    assert "that alone does not decide it; sends all that other_key did" in mended.stdout, mended
    assert (mended.returncode, "\nnot reproduced: passed" in mended.stdout) == (0, True), mended


def test_a_row_that_looks_everywhere_is_reproduced_by_its_own_probe(tmp_path: Path):
    """A list is in the wrong order because of tasks that another probe had made."""
    with serve(OldestFirst, heartbeat=0.5) as target:
        judge(target, tmp_path, select="LIST-006")
    file = tmp_path / "result.json"
    said = json.loads(file.read_text())
    (row,) = said["verdicts"]
    row["slices"] = [row["slices"][0] | {"probe": "preflight", "exchange": 1}]
    file.write_text(json.dumps(said))
    with serve(OldestFirst, heartbeat=0.5) as target:
        again = reproduce(target, "LIST-006", tmp_path)

    assert "that alone does not decide it; sends all that pages, preflight did" in again.stdout, again
    assert (again.returncode, "\nreproduced: failed (wrong-order)" in again.stdout) == (1, True), again
