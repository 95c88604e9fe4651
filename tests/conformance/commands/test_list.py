import json
import re
from pathlib import Path

import pytest

from sigmic_conformance.conformance.cli import main

ROOT = Path(__file__).resolve().parents[3]


def listed(capsys, *words: str) -> list[dict]:
    assert main(["list", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_rows_are_chosen_by_level_evidence_and_expression(capsys):
    rows = listed(capsys, "--level", "must", "--evidence", "documented", "-k", "BEAT and not 002")

    assert rows
    assert {(row["area"], row["level"], row["evidence"]) for row in rows} == {("BEAT", "must", "documented")}
    assert "BEAT-002" not in [row["id"] for row in rows]


def test_levels_add_up(capsys):
    must, should = (listed(capsys, "BEAT", "--level", level) for level in ("must", "should"))

    assert len(listed(capsys, "BEAT", "--level", "must", "--level", "should")) == len(must) + len(should)
    assert must
    assert should


def test_a_row_says_what_it_reads(capsys):
    (row,) = listed(capsys, "-k", "BEAT-001")

    assert row["probes"] == ["heartbeat_window"]


def test_the_code_of_a_row_is_found_at_its_line(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)

    assert main(["list", "--where", "beat-004"]) == 0

    said = capsys.readouterr().out
    (check, number), *_ = re.findall(r"check +(conformance/checks/beat\.py):(\d+)", said)
    ((probe, at),) = re.findall(r"probe +(conformance/probes/beat\.py):(\d+) +heartbeat_window", said)
    assert '"BEAT-004"' in "".join(Path(check).read_text().splitlines()[int(number) - 1 :][:4])
    assert "async def heartbeat_window" in "".join(Path(probe).read_text().splitlines()[int(at) - 1 :][:9])
    assert re.search(r"test +tests/conformance/(checks|model)/test_phase\.py:", said)


def test_without_ids_all_listed_rows_are_told_where_they_stand(capsys):
    assert main(["list", "BEAT", "--level", "must", "--where"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]

    assert told == [row["id"] for row in listed(capsys, "BEAT", "--level", "must")]


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["--level", "mus"], 4, "did you mean must?"),
        (["--evidence", "documentd"], 4, "did you mean documented?"),
        (["-k", "NOSUCH"], 5, "no requirement is selected"),
        (["--where", "BEAT-04"], 4, "did you mean BEAT-0"),
        (["--where", "NONE"], 4, "no such requirement"),
        (["--where", "ERROR-005"], 4, "ERROR-005 has no check; `explain ERROR-005` says why"),
        (["BEAT", "-k", "ZIP"], 5, "no requirement matches all filters"),
    ],
)
def test_what_selects_nothing_is_no_success(words, code, line, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["list", *words])

    assert ended.value.code == code
    assert line in capsys.readouterr().err
