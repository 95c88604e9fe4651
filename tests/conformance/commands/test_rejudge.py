import socket
from pathlib import Path

import pytest

from sigmic_conformance.conformance.cli import main
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from tests.conformance.kit import exchange
from tests.conformance.saving import save, verdict

UNKNOWN = exchange(
    probe="unknown_task",
    label="get",
    status=404,
    body={"success": False, "error": {"code": "TASK_NOT_FOUND", "message": "Task not found."}},
)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_args):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def saved_run(folder: Path, outcome: str, reason: str | None = None) -> Path:
    rows = [verdict("BEAT-001", outcome, reason)]
    silent = Transcript(probe="heartbeat_window", ending=Ending.UNAVAILABLE, detail="reading only")
    return save(folder, rows, [silent])


def test_the_same_judges_give_the_same_verdicts(tmp_path, capsys):
    code = main(["rejudge", str(saved_run(tmp_path, "inconclusive", "precondition"))])

    assert code == 0
    assert "0 verdicts changed" in capsys.readouterr().out


def test_another_verdict_is_named_and_is_exit_1(tmp_path, capsys):
    code = main(["rejudge", str(saved_run(tmp_path, "passed"))])

    assert code == 1
    assert "BEAT-001  was passed, is inconclusive (precondition)" in capsys.readouterr().out
