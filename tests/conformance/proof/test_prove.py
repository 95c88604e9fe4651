"""Small real slices of the proof, and what the command says to a mistake."""

import json
from pathlib import Path

import pytest

from sigmic_conformance.conformance.cli import main
from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.proof.canaries_part import sing
from sigmic_conformance.conformance.proof.kept import trials
from sigmic_conformance.conformance.proof.trial import Bench
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.spec.ledger import Ledger


def bench() -> Bench:
    ledger = Ledger.load()
    return Bench(ledger, load(ledger.by_id))


@pytest.mark.e2e
@pytest.mark.timeout(180)
def test_a_slice_of_the_matrix_is_caught_and_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["prove", "--part", "server", "--report-dir", str(tmp_path), "--jobs", "2"]

    code = main([*words, "--only", "code.not-found", "--keep", str(tmp_path / "kept")])

    parts = json.loads((tmp_path / "proof.json").read_text())["parts"]
    assert [each["grade"] for each in parts["server"]["findings"] if each["id"] == "code.not-found"] == [
        "caught"
    ]
    assert code == ExitCode.OK, parts
    assert "code.not-found" in (tmp_path / "proof.html").read_text()
    assert "server" in capsys.readouterr().out
    assert [(trial.kind, trial.ids) for trial in trials(tmp_path / "kept")] == [
        ("healthy", ()),
        ("broken", ("code.not-found",)),
    ]


@pytest.mark.e2e
@pytest.mark.timeout(580)
def test_violations_are_drawn_in_situations_that_a_rehearsal_has_met(tmp_path: Path):
    words = ["prove", "--part", "confined", "--only", "history.role-system", "--sample", "3", "--jobs", "8"]

    main([*words, "--seed", "1", "--report-dir", str(tmp_path)])

    confined = json.loads((tmp_path / "proof.json").read_text())["parts"]["confined"]
    assert [each["fired"] > 0 for each in confined["met"]] == [True] * 3
    assert [each["row"] for each in confined["met"]] == ["HISTORY-005"] * 3
    assert confined["possible"] > 50


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["closed port", "500 to everything", "HTML login page"])
def test_a_canary_passes_nothing(name: str):
    assert sing(bench(), name).sound


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--part", "wires"], "invalid choice: 'wires'"),
        (["--jobs", "0"], "a whole number from 1 to 64, not '0'"),
        (["--edits", "0"], "a whole number from 1 to 10000, not '0'"),
        (["--stability", "x"], "a whole number from 1 to 100, not 'x'"),
    ],
)
def test_a_mistake_is_one_clear_line(words: list[str], line: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stop:
        main(["prove", *words])

    assert stop.value.code == ExitCode.USAGE
    assert line in capsys.readouterr().err
