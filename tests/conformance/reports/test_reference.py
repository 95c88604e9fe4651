from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.reports.reference import FILE, Line, NotKept, compared, main, read, table
from sigmic_conformance.results import saved
from sigmic_spec.ledger import Ledger
from tests.conformance.reports.material import plain_run
from tests.conformance.saving import save, verdict

ROOT = Path(__file__).parents[3]
MOCK: dict[str, Any] = {"target": {"base_url": "http://127.0.0.1:4711", "reference": True}}


def mock_run(folder: Path, *rows: dict) -> Path:
    return save(folder, rows or [verdict("GET-001"), verdict("GET-002", "info", None)], **MOCK)


def test_two_runs_with_the_same_verdicts_have_the_same_table(tmp_path):
    answer = verdict("GET-002", "info", None, observed="yes: it does (2 times)")
    first = mock_run(tmp_path / "1", answer, verdict("GET-001", observed="5 tasks"))
    second = mock_run(
        tmp_path / "2", verdict("GET-001", observed="7 tasks"), answer | {"observed": "yes: it does"}
    )

    assert table(saved.read(first)) == table(saved.read(second))
    assert table(saved.read(first)).splitlines()[2:] == ["GET-001\tpassed", "GET-002\tinfo\tyes: it does"]


def test_a_changed_verdict_is_noticed_row_by_row(tmp_path, capsys):
    same, other = mock_run(tmp_path / "2"), mock_run(tmp_path / "3", verdict("GET-001", "failed", "x"))
    file = ["--file", str(tmp_path / "kept.tsv")]
    assert main([*file, str(mock_run(tmp_path / "1"))]) == 0

    assert main(["--check", *file, str(same)]) == 0
    assert main(["--check", *file, str(other)]) == 1
    said = capsys.readouterr().out
    assert "GET-001  passed → failed (x)" in said
    assert "GET-002  info (that) → not judged" in said


def test_a_busy_machine_is_named_and_changes_nothing(tmp_path):
    noisy = mock_run(tmp_path / "2", verdict("BEAT-001", "inconclusive", "timing-noise"))

    assert compared({"BEAT-001": Line("passed")}, saved.read(noisy)) == ([], ["BEAT-001"])


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
        table(saved.read(save(tmp_path / "run", rows, **more)))


def test_a_missing_reference_is_one_line(tmp_path, capsys):
    run = plain_run(tmp_path / "run")

    assert main(["--check", str(run), "--file", str(tmp_path / "none")]) == 4
    assert capsys.readouterr().err.count("\n") == 1


def test_a_line_that_is_none_is_named(tmp_path):
    (tmp_path / "kept.tsv").write_text("# head\nGET-001\tinfo\tyes\tno\n")

    with pytest.raises(NotKept, match=r"kept\.tsv:2: not an id"):
        read(tmp_path / "kept.tsv")


def test_the_kept_table_is_about_the_ledger():
    assert set(read(ROOT / FILE)) <= set(Ledger.load().by_id)
