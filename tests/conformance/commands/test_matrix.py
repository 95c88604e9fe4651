"""Runs side by side: what each keeps, and where they differ."""

import json

import pytest

from sigmic_conformance.conformance.cli import main
from tests.conformance.saving import save, verdict


def test_runs_stand_side_by_side(tmp_path, capsys):
    save(tmp_path / "ours", [verdict("GET-001"), verdict("LIST-001", "failed", "wrong"), verdict("LIST-002")])
    save(tmp_path / "theirs", [verdict("GET-001"), verdict("LIST-001", "inconclusive", "precondition")])

    assert main(["matrix", str(tmp_path / "ours"), f"other={tmp_path / 'theirs'}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "| area | ours | other |",
        "| --- | --- | --- |",
        "| GET | 1✓ | 1✓ |",
        "| LIST | 1✗ 1✓ | 1? |",
        "| **all** | 1✗ 2✓ | 1? 1✓ |",
    ]
    assert lines[6].startswith("2 of 3 rows differ.")
    assert [line.split(" | ")[:3] for line in lines[-2:]] == [
        ["| LIST-001", "✗", "?"],
        ["| LIST-002", "✓", ""],
    ]


@pytest.mark.parametrize("same", [True, False])
def test_runs_that_cannot_be_compared_are_refused_in_one_line(tmp_path, capsys, same):
    one, other = (save(tmp_path / name, [verdict("GET-001")]) for name in ("a", "b"))
    if not same:
        file = tmp_path / "b" / "result.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"ledger": "0.1"}))

    with pytest.raises(SystemExit) as ended:
        main(["matrix", str(one), f"a={other}" if same else str(other)])
    assert ended.value.code == 4
    assert ("two runs are called a" if same else "different ledgers") in capsys.readouterr().err
