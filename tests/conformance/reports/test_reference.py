import json
from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.conformance.reports.reference import FOLDER, NotKept, compared, keep, main, settled
from sigmic_conformance.conformance.results import saved
from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.reports.material import plain_run
from tests.conformance.saving import save, verdict

ROOT = Path(__file__).parents[3]
MOCK: dict[str, Any] = {"target": {"base_url": "http://127.0.0.1:4711", "reference": True}}


def mock_run(folder: Path, *rows: dict) -> Path:
    return save(folder, rows or [verdict("GET-001"), verdict("GET-002", "info", None)], **MOCK)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("http://127.0.0.1:4711/x at 2026-11-24T20:13:21.222Z", "http://127.0.0.1:{port}/x at {time}"),
        ("task 6261a92f-a7b6-410d-819c-cf52cf4b89f9 (and 46 more)", "task {uuid}"),
        ("1795551201061-3ixkmsy6s says nd5f0b2968707", "{conversation} says {nonce}"),
        ("ran 0.05 s late, [secret:0123456789abcdef] 404", "ran {n} s late, [secret] 404"),
    ],
)
def test_what_differs_from_run_to_run_is_replaced(said, kept):
    assert settled(said) == kept


def test_two_runs_with_the_same_verdicts_are_kept_as_the_same_bytes(tmp_path):
    first = mock_run(tmp_path / "1", verdict("GET-001", observed="5 tasks"))
    second = mock_run(tmp_path / "2", verdict("GET-001", observed="7 tasks"))
    for name, run in (("a", first), ("b", second)):
        keep(saved.read(run), tmp_path / name)

    for file in ("result.json", "summary.md"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    text = (tmp_path / "a" / "result.json").read_text()
    assert "4711" not in text
    assert "curl" not in text


def test_a_changed_verdict_is_noticed_row_by_row(tmp_path, capsys):
    keep(saved.read(mock_run(tmp_path / "1")), tmp_path / "kept")
    same, other = mock_run(tmp_path / "2"), mock_run(tmp_path / "3", verdict("GET-001", "failed", "x"))

    where = ["--check", "--folder", str(tmp_path / "kept"), "--run"]
    assert main([*where, str(same)]) == 0
    assert main([*where, str(other)]) == 1
    said = capsys.readouterr().out
    assert "GET-001  passed → failed (x)" in said
    assert "GET-002  info: that → not tested" in said


def test_a_busy_machine_is_named_and_changes_nothing(tmp_path):
    keep(saved.read(mock_run(tmp_path / "1", verdict("BEAT-001"))), tmp_path / "kept")
    noisy = mock_run(tmp_path / "2", verdict("BEAT-001", "inconclusive", "timing-noise"))

    assert compared(saved.read(tmp_path / "kept"), saved.read(noisy)) == ([], ["BEAT-001"])


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        ([verdict("GET-001")], {}, "another target"),
        ([verdict("GET-001")], MOCK | {"selection": "GET"}, "only a part"),
        ([verdict("GET-001")], MOCK | {"tier": "smoke", "unselected": ["GET-002"]}, "only a part"),
        ([verdict("BEAT-001", "inconclusive", "timing-noise")], MOCK, "too busy"),
        ([verdict("GET-001", "errored")], MOCK, "the suite itself broke"),
        ([], MOCK | {"problem": "closed"}, "nothing was tested: closed"),
        ([verdict("GET-001", "failed", "x")], MOCK | {"exit_code": 1}, "has to be conformant"),
    ],
)
def test_a_run_that_is_no_reference_is_not_kept(tmp_path, rows, more, said):
    with pytest.raises(NotKept, match=said):
        keep(saved.read(save(tmp_path / "run", rows, **more)), tmp_path / "kept")


def test_a_missing_reference_is_one_line(tmp_path, capsys):
    run = plain_run(tmp_path / "run")

    assert main(["--check", "--run", str(run), "--folder", str(tmp_path / "none")]) == 4
    assert capsys.readouterr().err.count("\n") == 1


def test_the_kept_report_is_small_and_about_the_ledger():
    folder = ROOT / FOLDER
    kept = saved.read(folder)

    assert set(kept.verdicts) <= set(Ledger.load().by_id)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 400_000
    assert {path.name for path in folder.iterdir()} == {"result.json", "summary.md"}
    assert json.loads((folder / "result.json").read_text())["target"]["reference"] is True
