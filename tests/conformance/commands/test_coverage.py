"""`coverage`: what a suite and a run cover, and in which situations."""

import pytest

from sigmic_conformance.conformance.cli import main
from sigmic_conformance.conformance.results.coverage import situation_count
from sigmic_conformance.conformance.results.situation_counts import SituationCounts
from sigmic_conformance.spec.situations import Situations
from tests.conformance.saving import save, verdict

MET = [{"turn": "first", "session": "new"}, {"turn": "second", "session": "live"}]


@pytest.fixture
def saved(tmp_path):
    situations = {"met": MET, "judged": {"GET-001": [[0, 3], [1, 2]]}}
    return save(tmp_path, [verdict("GET-001")], situations=situations)


def test_the_pairs_of_situations_are_counted(saved, capsys):
    assert main(["coverage", str(saved)]) == 0

    pairs = situation_count(SituationCounts({}), Situations.load()).of
    assert f"pairs of situations tested    2 of {pairs}\n" in capsys.readouterr().out


def test_the_matrix_shows_how_often_a_row_was_judged_in_each_situation_and_where_never(saved, capsys):
    assert main(["coverage", str(saved), "--matrix"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["turn", "first", "second", "third", "many"]
    assert lines[1].split() == ["GET-001*", "3", "2", "·", "·"], "it is held against all traffic"


def test_a_matrix_needs_a_run(capsys):
    with pytest.raises(SystemExit) as refused:
        main(["coverage", "--matrix"])

    assert refused.value.code == 4
    assert "saved run" in capsys.readouterr().err


def test_the_matrix_is_a_page_too(saved, tmp_path, capsys):
    page = tmp_path / "matrix.html"

    assert main(["coverage", str(saved), "--matrix", "--html", str(page)]) == 0

    assert "GET-001" in page.read_text()
    assert capsys.readouterr().out == f"{page} written\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--html", "x.html"], "--html needs --matrix"),
        (["--matrix", "--html", "no/such/x.html"], "can't write"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused(saved, capsys, words: list[str], said: str):
    with pytest.raises(SystemExit) as refused:
        main(["coverage", str(saved), *words])

    assert refused.value.code == 4
    assert said in capsys.readouterr().err
