import re
from pathlib import Path

import pytest

from sigmic_conformance.conformance.cli import COMMANDS, main
from sigmic_conformance.spec.ledger import Ledger, LedgerError


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["runn"], "unknown command runn; did you mean run?"),
        (["run", "--moc"], "did you mean --mock?"),
        (["list", "BEET"], "no such area: BEET; did you mean BEAT?"),
        (["explain", "BEAT-1"], "no requirement is named 'BEAT-1'; did you mean BEAT-"),
        (["run"], "name what to test"),
    ],
)
def test_a_mistake_is_one_line_and_exit_4(words, line, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)

    said = capsys.readouterr()
    assert ended.value.code == 4
    assert line in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize("words", ["list", "prove --only BEAT-001", "run --mock -k BEAT-001"])
def test_a_ledger_that_is_refused_is_told_without_a_traceback(words, capsys, monkeypatch):
    def refused() -> Ledger:
        raise LedgerError("beat.yaml: BEAT-001: wrong")

    monkeypatch.setattr(Ledger, "load", refused)
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(main(words.split()))

    said = capsys.readouterr().err
    assert ended.value.code == 4
    assert "beat.yaml: BEAT-001: wrong" in said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said


def test_nothing_at_all_is_a_mistake_that_shows_the_verbs(capsys):
    assert main([]) == 4
    assert "rejudge" in capsys.readouterr().err


def test_help_is_no_mistake(capsys):
    assert main(["--help"]) == 0
    assert all(command.name in capsys.readouterr().out for command in COMMANDS[:1])


def test_the_version_is_that_of_the_distribution_and_of_the_ledger(capsys):
    written = (Path(__file__).parents[2] / "mock_server/version.py").read_text()
    version = re.search(r'VERSION = "(.+)"', written)
    assert version is not None
    ledger = Ledger.load().version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"sigmic-conformance {version[1]}, ledger {ledger}\n"


def test_every_verb_has_a_module():
    for command in COMMANDS:
        module = command.load()
        assert callable(module.arguments)
        assert callable(module.run)
