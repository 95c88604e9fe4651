"""`coverage`: what a suite and a run cover, and in which situations."""

import pytest

from sigmic_conformance.conformance.cli import main
from sigmic_conformance.conformance.results.coverage import situation_count
from sigmic_conformance.conformance.results.situation_counts import SituationCounts
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from sigmic_conformance.spec.situations import Situations
from tests.conformance.kit import P
from tests.conformance.saving import save, verdict
from tests.conformance.traffic import Traffic

CELLS = {"reached": {"file count=one": 7, "file count=zero": 1}, "untested": ["file count=zero"]}
MET = [{"turn": "first", "session": "new"}, {"turn": "second", "session": "live"}]


@pytest.fixture
def saved(tmp_path):
    situations = {"met": MET, "judged": {"GET-001": [[0, 3], [1, 2]]}}
    return save(tmp_path, [verdict("GET-001")], situations=situations, cells=CELLS)


def test_the_pairs_of_situations_are_counted(saved, capsys):
    assert main(["coverage", str(saved)]) == 0

    pairs = situation_count(SituationCounts({}), Situations.load()).of
    assert f"pairs of situations tested    2 of {pairs}\n" in capsys.readouterr().out


def test_the_matrix_shows_how_often_each_cell_was_reached_and_names_the_others(saved, capsys):
    assert main(["coverage", str(saved), "--matrix"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["count", "zero", "one", "two", "many", "too_many"]
    assert ["file", "1!", "7", "0", "0", "0"] in [line.split() for line in lines]
    assert "  file count=too_many: A message has 21 files. (UPLOAD-003, UPLOAD-004)" in lines
    assert lines[-1] == "  file count=zero: A form has no file. (CREATE-002)"


def test_of_a_run_that_says_nothing_of_cells_the_transcripts_do(tmp_path, capsys):
    traffic = Traffic().begun()
    told = Transcript(probe=P, ending=Ending.COMPLETE, exchanges=tuple(traffic.exchanges))
    save(tmp_path, [verdict("GET-001")], [told])

    assert main(["coverage", str(tmp_path), "--matrix"]) == 0

    missing, _, untested = capsys.readouterr().out.partition("! reached")
    assert "  turn count=one" not in missing
    assert "  turn count=one" in untested, "the verdict of GET-001 is the only one"


def test_the_matrix_is_a_page_too(saved, tmp_path, capsys):
    page = tmp_path / "matrix.html"

    assert main(["coverage", str(saved), "--matrix", "--html", str(page)]) == 0

    assert "GET-001" in page.read_text()
    assert capsys.readouterr().out == f"{page} written\n"


def test_a_page_that_cannot_be_written_is_refused(saved, refused):
    assert "can't write" in refused(["coverage", str(saved), "--matrix", "--html", "no/such/x.html"])
