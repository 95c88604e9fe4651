"""Targets that are dead or wrong, and what the command says to a mistake; `whole_runs` proves on the mock."""

import argparse
from pathlib import Path

import pytest

from sigmic_conformance.conformance.cli import main
from sigmic_conformance.conformance.commands import prove
from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.proof.canaries_part import sing
from sigmic_conformance.conformance.proof.part import Part
from sigmic_conformance.conformance.proof.platform import ControlRefused
from sigmic_conformance.conformance.proof.proving import HEALTHY
from sigmic_conformance.conformance.proof.trial import Bench
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.spec.ledger import Ledger


def bench() -> Bench:
    ledger = Ledger.load()
    return Bench(ledger, load(ledger.by_id))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["another API that succeeds", "401 to every key", "no HTTP"])
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


@pytest.mark.parametrize("name", ["transient", "weather"], ids=["name", "former name"])
def test_a_part_may_have_its_former_name(name: str):
    parser = argparse.ArgumentParser()
    prove.arguments(parser)

    assert parser.parse_args(["--part", name]).part == ["transient"]


def test_the_summary_leaves_out_what_the_pattern_does_not_fit():
    tried = Part(name="server", summary="1 of 1 caught", problems=(), items=1)
    healthy = Part(name=HEALTHY, summary="3 of 3 requirements hold", problems=())
    empty = Part(name="transient", summary="0 transient faults shown", problems=())

    first, second, verdict = prove.summary([healthy, tried, empty], 1.0, Path("reports"))

    assert "3 of 3 requirements hold" in first
    assert "1 of 1 caught" in second
    assert "the suite is proven" in verdict


def test_a_platform_that_cannot_be_told_what_to_break_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def refused(*_: object, **__: object) -> None:
        raise ControlRefused("GET /faults: 500")

    monkeypatch.setattr(prove, "prove", refused)
    with pytest.raises(SystemExit) as ended:
        main(["prove", "--only", "BEAT-001", "--report-dir", str(tmp_path)])

    said = capsys.readouterr().err
    assert ended.value.code == ExitCode.HARNESS
    assert "refuses GET /faults: 500" in said
    assert said.count("\n") == 1
