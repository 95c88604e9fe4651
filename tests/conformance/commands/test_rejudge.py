import socket
from pathlib import Path

import pytest

from sigmic_conformance.conformance.cli import main
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from tests.conformance.saving import save, verdict


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_args):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def saved_run(folder: Path, outcome: str, reason: str | None = None) -> Path:
    silent = Transcript(probe="heartbeat_window", ending=Ending.UNAVAILABLE, detail="reading only")
    return save(folder, [verdict("BEAT-001", outcome, reason)], [silent])


@pytest.mark.parametrize(
    ("verb", "said"), [("rejudge", "0 verdicts changed"), ("verify", "follow from its bytes")]
)
def test_the_same_judges_give_the_same_verdicts(verb, said, tmp_path, capsys):
    assert main([verb, str(saved_run(tmp_path, "inconclusive", "precondition"))]) == 0
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["rejudge", "verify"])
def test_another_verdict_is_named_and_is_exit_1(verb, tmp_path, capsys):
    assert main([verb, str(saved_run(tmp_path, "passed"))]) == 1
    assert "BEAT-001  was passed, is inconclusive (precondition)" in capsys.readouterr().out


def test_an_altered_transcript_is_named(tmp_path, capsys):
    path = saved_run(tmp_path, "inconclusive", "precondition") / "transcripts" / "heartbeat_window.ndjson"
    path.write_text(path.read_text().replace("reading only", "something"))

    assert main(["verify", str(tmp_path)]) == 1
    assert "was altered" in capsys.readouterr().out
