"""`reproduce` resends recorded requests to a server that does not know the recorded tasks."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sigmic_conformance.conformance.cli import main
from tests.conformance.commands.test_run import run_against
from tests.conformance.saving import save, verdict
from tests.conformance.targets.defects import NoMessageNeeded, OldestFirst
from tests.conformance.targets.judging import judge
from tests.conformance.targets.server import Target, serve
from tests.fakes.command import ended


@pytest.fixture
def reproduce(monkeypatch, capsys) -> Callable[[Target, str, Path], tuple[int, str]]:
    """Reproduce a row of a saved run against a target; return the exit code and the output."""

    def reproduce(target: Target, row: str, folder: Path) -> tuple[int, str]:
        key, second = target.accounts.keys
        monkeypatch.setenv("SIGMIC_API_KEY", key)
        monkeypatch.setenv("SIGMIC_SECOND_API_KEY", second)
        capsys.readouterr()
        code = main(["reproduce", row, str(folder), "--target", target.url])
        return code, capsys.readouterr().out

    return reproduce


def test_a_failure_is_reproduced_while_it_is_there_and_not_when_it_is_mended(tmp_path, reproduce):
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        run_against(target, tmp_path, "-k", "CREATE-008 or UPLOAD-009")
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        broken, seen = reproduce(target, "CREATE-008", tmp_path)
    with serve(heartbeat=0.5) as target:
        fixed, told = reproduce(target, "CREATE-008", tmp_path)
        _, upload = reproduce(target, "UPLOAD-009", tmp_path)

    assert (broken, "\nreproduced: failed (accepted)" in seen) == (1, True), seen
    assert (fixed, "\nnot reproduced: passed" in told) == (0, True), told
    assert "recorded  POST" in told
    # The upload was recorded byte by byte, and the file belongs to a new task.
    assert "\nreproduced: passed" in upload, upload


def test_a_row_that_the_run_did_not_judge_is_refused_in_one_line(tmp_path: Path):
    words = (
        "reproduce",
        "AUTH-001",
        str(save(tmp_path, [verdict("LIST-001")])),
        "--target",
        "http://127.0.0.1:9",
    )
    done = ended(
        [sys.executable, "-m", "sigmic_conformance.conformance", *words],
        env=os.environ | {"SIGMIC_API_KEY": "sigmic_key"},
    )

    assert (done.returncode, done.stderr.count("\n"), "did not test AUTH-001" in done.stderr) == (4, 1, True)


@pytest.mark.parametrize(
    ("parts", "code", "said"),
    [([OldestFirst], 1, "\nreproduced: failed (wrong-order)"), ([], 0, "\nnot reproduced: passed")],
)
def test_what_a_few_requests_do_not_decide_is_decided_by_all_of_the_probe(
    tmp_path, reproduce, parts, code: int, said: str
):
    """A list was in the wrong order because of another probe's tasks, and still is on a broken target."""
    with serve(OldestFirst, heartbeat=0.5) as target:
        judge(target, tmp_path, select="LIST-006")
    file = tmp_path / "result.json"
    saved = json.loads(file.read_text())
    (row,) = saved["verdicts"]
    row["slices"] = [row["slices"][0] | {"probe": "preflight", "exchange": 1}]
    file.write_text(json.dumps(saved))
    with serve(*parts, heartbeat=0.5) as target:
        again, told = reproduce(target, "LIST-006", tmp_path)

    assert "inconclusive; resending everything that pages, preflight sent" in told, told
    assert (again, said in told) == (code, True), told
