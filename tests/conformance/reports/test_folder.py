"""No file that a whole run writes contains a secret."""

from pathlib import Path

import pytest

from lab.platforms.freedom.streams import DataOnManyLines
from lab.platforms.freedom.tasks import TellsOutputsInPieces
from lab.platforms.server import serve
from lab.platforms.suite_run import run_rows
from sigmic_conformance.cli import main

DERIVED = {"report.html", "summary.md"}


def written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_no_secret_of_a_real_run_is_in_anything_it_wrote(tmp_path):
    with serve(heartbeat=0.5) as target:
        found = run_rows(target, tmp_path, select="VARS-003 or AUTH-001 or ERROR-002")
        secrets = [*target.accounts.keys, target.accounts.app_secret]

    assert set(found.verdicts) == {"VARS-003", "AUTH-001", "ERROR-002"}, found.output
    files = written(tmp_path)
    assert {path.name for path in files} >= DERIVED | {"result.json", "junit.xml", "environment.properties"}
    leaks = [path for path in files for secret in secrets if secret.encode() in path.read_bytes()]
    assert leaks == []


@pytest.mark.parametrize("parts", [(), (DataOnManyLines,)], ids=["events", "events on many lines"])
def test_a_secret_streamed_in_pieces_is_in_no_report_and_fails_no_requirement(parts, tmp_path, capsys):
    rows = "VARS-014 or ISOLATION-012 or GET-022 or EVENT-018"

    with serve(TellsOutputsInPieces, *parts, heartbeat=0.5) as target:
        found = run_rows(target, tmp_path, select=rows)
        given = {value for task in target.platform.tasks.values() for value in task.hidden.values()}
        told = "".join(task.run.text for task in target.platform.tasks.values())

    secrets = {value for value in given if value in told}
    assert secrets, found.output
    assert found.rows("failed") == {}
    everything = b"".join(path.read_bytes() for path in written(tmp_path)) + found.output.encode()
    pieces = {value[begin : begin + 7] for value in secrets for begin in range(8, len(value) - 6)}
    assert [piece for piece in pieces if piece.encode() in everything] == []
    assert main(["rejudge", str(tmp_path)]) == 0
    assert "0 verdicts changed" in capsys.readouterr().out
