"""A table that compares runs: the verdicts of each run, and their differences."""

import json

import pytest

from sigmic_conformance.cli import main
from tests.conformance.saving import save, verdict


def test_runs_stand_side_by_side(tmp_path, capsys):
    save(tmp_path / "ours", [verdict("GET-001"), verdict("LIST-001", "failed", "wrong"), verdict("LIST-002")])
    theirs = [verdict("LIST-001", "inconclusive", "precondition"), verdict("ZIP-001", "inapplicable")]
    save(tmp_path / "theirs", [verdict("GET-001"), *theirs])

    assert main(["matrix", str(tmp_path / "ours"), f"other={tmp_path / 'theirs'}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [
        "| area | ours | other |",
        "| --- | --- | --- |",
        "| GET | 1✓ | 1✓ |",
        "| LIST | 1✗ 1✓ | 1? |",
        "| ZIP |  | · |",
        "| **all** | 1✗ 2✓ | 1? 1✓ |",
    ]
    # A row that one run did not test does not count as a difference.
    assert lines[7].startswith("1 of 4 requirements with different verdicts; 2 with a verdict in every run.")
    assert [line.split(" | ")[:3] for line in lines[11:]] == [["| LIST-001", "✗", "?"]]

    page = tmp_path / "matrix.html"
    assert main(["matrix", str(tmp_path / "ours"), f"other={tmp_path / 'theirs'}", "--html", str(page)]) == 0
    told = page.read_text()
    assert '<th scope="row">LIST-001</th><td><span class="sign failed">✗</span></td>' in told
    assert '<span class="sign failed">1✗</span> <span class="sign passed">2✓</span>' in told


@pytest.mark.parametrize("same", [True, False])
def test_runs_that_cannot_be_compared_are_refused_in_one_line(tmp_path, refused, same):
    one, other = (save(tmp_path / name, [verdict("GET-001")]) for name in ("a", "b"))
    if not same:
        file = tmp_path / "b" / "result.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"ledger": "0.1"}))

    line = refused(["matrix", str(one), f"a={other}" if same else str(other)])
    assert ("two runs are called a" if same else "different ledgers") in line
