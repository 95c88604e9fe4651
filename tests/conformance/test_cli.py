import re
import shlex
from pathlib import Path

import pytest

from sigmic_conformance.cli import COMMANDS, main, parser_of
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.wire.transcript import Ending, Transcript
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import LedgerError
from tests.conformance.saving import save, verdict


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["runn"], "unknown command runn; did you mean run?"),
        (["run", "--moc"], "did you mean --mock?"),
        (["doctor", "--serve", "./server {port}"], "; `run` has it"),
        (["list", "BEET"], "no such area: BEET; did you mean BEAT?"),
        (["explain", "BEAT-1"], "no requirement is named 'BEAT-1'; did you mean BEAT-"),
        (["run"], "name what to test"),
        (["verify", "reports"], "verify is gone: use `rejudge RUN`"),
        (
            ["coverage", "reports", "--matrix"],
            "coverage is gone: `plan` and `report RUN` show",
        ),
        (["report", "reports", "--statement", "x.md"], "--statement is gone: use `report RUN --html FILE`"),
        (["report", "reports", "--statement=x.md", "--signed-by", "N"], "--statement is gone: use"),
        (["report", "reports", "--sarif", "x.json"], "--sarif is gone: use junit.xml"),
        (["list", "NO\n::error::x"], "NO⟨U+000A⟩::ERROR::X"),
        (["explore", "--mock", "--operation", "get_taks"], "did you mean get_task?"),
        (["explore", "--mock", "--requests", "0"], "--requests"),
        (["explore", "--mock", "--turns", "0"], "--turns"),
        (["plan", "--mock", "--seed", "x"], "--seed: 'x' is not a whole number"),
        (["mcp-server", "--http", "nowhere"], "--http: 'nowhere' is not HOST:PORT"),
        (["mcp-server", "--http", "127.0.0.1:70000"], "is not HOST:PORT"),
        (["mcp-server", "--http", "192.0.2.1:80"], "can't listen on 192.0.2.1:80"),
        (["mcp-server", "--http", "127.0.0.1:0", "--token-env", "NOWHERE_SET"], "NOWHERE_SET is not set"),
        (["list", "--level", "mus"], "did you mean must?"),
        (["list", "--evidence", "documentd"], "did you mean documented?"),
        (["list", "--where", "BEAT-04"], "did you mean BEAT-0"),
        (["list", "--where", "NONE"], "no such requirement"),
        (["list", "--where", "ERROR-005"], "ERROR-005 has no check; `explain ERROR-005` says why"),
    ],
)
def test_a_mistake_is_one_line_and_exit_4(words, line, refused):
    assert line in refused(words)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each.name)
def test_every_verb_shows_examples_that_are_commands(command):
    assert command.examples
    for example in command.examples:
        verb, *words = shlex.split(example.partition(" > ")[0])
        assert verb == command.name
        parser_of(command).parse_args(words)


def test_the_help_has_every_verb_in_a_group_and_every_exit_code(capsys):
    assert main(["--help"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [[line.split()[0] for line in lines if line].count(each.name) for each in COMMANDS] == [1] * len(
        COMMANDS
    )
    assert {line.split()[0] for line in lines[lines.index("exit codes:") + 1 :]} == {
        str(int(each)) for each in ExitCode
    }


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["-k", "NOSUCH"], "no requirement is selected"),
        (["BEAT", "-k", "ZIP"], "no requirement matches all filters"),
    ],
)
def test_an_empty_selection_exits_5(words, line, refused):
    assert line in refused(["list", *words], code=5)


VERBS = (
    *("rejudge RUN", "diff RUN RUN", "badge RUN", "report RUN", "matrix RUN a=RUN"),
    *("explain GET-001 RUN", "baseline check RUN --file b.yaml"),
    *("reproduce GET-001 RUN --target http://127.0.0.1:9", "merge RUN --report-dir whole"),
    "run --target http://127.0.0.1:9 --rerun-failed RUN",
)


@pytest.mark.parametrize("verb", VERBS)
def test_a_run_that_was_cut_short_is_refused(verb, tmp_path, refused, monkeypatch):
    monkeypatch.setenv("SIGMIC_API_KEY", "sigmic_key")
    run = str(save(tmp_path, [verdict("GET-001")], complete=False))

    line = refused([word.replace("RUN", run) for word in verb.split()])

    assert f"{run}/result.json has no footer: the run was cut short and proves nothing" in line


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 200_000 + "]" * 200_000, "values are nested more than 200 deep"),
        ("[]", "is not the result of a run: the document: [] is not of type"),
        ('{"complete": true, "format": 2}', "is not the result of a run"),
        ('{"complete":' + "9" * 5000 + "}", "can't be read, perhaps because the run was cut short"),
    ],
)
def test_a_saved_run_of_another_form_is_refused_in_one_line(verb, text, said, tmp_path, refused, monkeypatch):
    monkeypatch.setenv("SIGMIC_API_KEY", "sigmic_key")
    (tmp_path / "result.json").write_text(text)

    assert said in refused([word.replace("RUN", str(tmp_path)) for word in verb.split()])


NOT_TESTED = {
    "diff RUN RUN": 0,
    "badge RUN": 0,
    "report RUN": 0,
    "report RUN --annotations": 0,
    "matrix RUN a=RUN": 0,
    "explain GET-001 RUN": 0,
    "rejudge RUN": 4,
    "reproduce GET-001 RUN --target http://127.0.0.1:9": 4,
    "merge RUN --report-dir whole": 4,
    "baseline update RUN --file b.yaml --owner me": 4,
}


@pytest.mark.parametrize("verb", NOT_TESTED)
def test_a_run_that_was_not_tested_is_shown_or_refused_in_one_line(verb, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SIGMIC_API_KEY", "sigmic_key")
    monkeypatch.chdir(tmp_path)
    nothing = Transcript(probe="preflight", ending=Ending.COMPLETE)
    rows = [verdict("GET-001", "blocked", observed="connection refused", slices=[])]
    run = save(tmp_path / "run", rows, [nothing], problem="connection refused", exit_code=12)

    with pytest.raises(SystemExit) as ended:
        raise SystemExit(main([word.replace("RUN", str(run)) for word in verb.split()]))

    said = capsys.readouterr()
    assert ended.value.code == NOT_TESTED[verb]
    assert said.err.count("\n") == (1 if ended.value.code else 0), said.err
    assert "not tested" in said.err or verb != "rejudge RUN"


@pytest.mark.parametrize("words", ["list", "run --mock -k BEAT-001"])
def test_an_invalid_ledger_is_reported_without_a_traceback(words, capsys, monkeypatch):
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
    written = (Path(__file__).parents[2] / "mock_server/sigmic_mock/version.py").read_text()
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
