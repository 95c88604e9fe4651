import json

import pytest

from sigmic_conformance.conformance.cli import main


def listed(capsys, *words: str) -> list[dict]:
    assert main(["list", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_rows_are_chosen_by_level_evidence_and_expression(capsys):
    rows = listed(capsys, "--level", "must", "--evidence", "documented", "-k", "BEAT and not 002")

    assert rows
    assert {(row["area"], row["level"], row["evidence"]) for row in rows} == {("BEAT", "must", "documented")}
    assert "BEAT-002" not in [row["id"] for row in rows]


def test_levels_add_up(capsys):
    assert len(listed(capsys, "--level", "must", "--level", "should")) == len(
        listed(capsys, "--level", "must")
    ) + len(listed(capsys, "--level", "should"))


def test_a_row_says_what_it_reads(capsys):
    (row,) = listed(capsys, "-k", "BEAT-001")

    assert row["probes"] == ["heartbeat_window"]


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["--level", "mus"], 4, "did you mean must?"),
        (["--evidence", "documentd"], 4, "did you mean documented?"),
        (["-k", "NOSUCH"], 5, "no row is selected"),
        (["BEAT", "-k", "ZIP"], 5, "no row is all of that"),
    ],
)
def test_what_selects_nothing_is_no_success(words, code, line, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["list", *words])

    assert ended.value.code == code
    assert line in capsys.readouterr().err
