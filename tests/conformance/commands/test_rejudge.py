import socket
from pathlib import Path

import pytest

from sigmic_conformance.cli import main
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.conformance.saving import save, verdict


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_args):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def saved_run(folder: Path, outcome: str, reason: str | None = None) -> Path:
    silent = Transcript(probe="heartbeat_window", ending=Ending.UNAVAILABLE, detail="reading only")
    return save(folder, [verdict("BEAT-001", outcome, reason)], [silent])


def test_the_same_checks_give_the_same_verdicts(tmp_path, capsys):
    assert main(["rejudge", str(saved_run(tmp_path, "inconclusive", "precondition"))]) == 0
    assert "0 verdicts changed" in capsys.readouterr().out


def test_another_verdict_is_named_and_is_exit_1(tmp_path, capsys):
    assert main(["rejudge", str(saved_run(tmp_path, "passed"))]) == 1
    assert "BEAT-001  was passed, is inconclusive (precondition)" in capsys.readouterr().out


def test_an_altered_transcript_is_refused(tmp_path, refused):
    path = saved_run(tmp_path, "inconclusive", "precondition") / "transcripts" / "heartbeat_window.ndjson"
    path.write_text(path.read_text().replace("reading only", "something"))

    assert f"{path} was altered after the run" in refused(["rejudge", str(tmp_path)])


def test_a_requirement_whose_probe_was_not_run_is_blocked(tmp_path, capsys):
    save(tmp_path, [verdict("BEAT-001")])

    assert main(["rejudge", str(tmp_path)]) == 1
    said = "BEAT-001  was passed, is blocked: the probe heartbeat_window was not run"
    assert said in capsys.readouterr().out
