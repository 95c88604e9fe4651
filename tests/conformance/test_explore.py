"""Walks through the reference platform, healthy and with a fault; runs with the other whole judgements."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.saved import read


def explore(folder: Path, *words: str) -> int:
    bounds = ["--turns", "12", "--seconds", "10", "--seed", "7"]
    return main(["explore", *words, *bounds, "--report-dir", str(folder)])


def test_a_healthy_platform_has_no_findings_and_a_result_like_any_other(tmp_path):
    assert explore(tmp_path, "--mock") == 0

    run = read(tmp_path)
    assert run.is_partial
    assert len(run.verdicts) > 50
    assert len(run.transcripts()) > 1


def test_a_platform_that_lies_is_found_out(tmp_path, monkeypatch, capsys):
    ready = tmp_path / "ready.json"
    words = [sys.executable, "-m", "mock_server", "--ephemeral", "--port", "0", "--json"]
    words += ["--ready-file", str(ready), "--fault", "get.id-of-another-task,times=1000"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as mock:
        try:
            assert mock.stdout is not None
            mock.stdout.readline()
            told = json.loads(ready.read_text())
            monkeypatch.setenv("SIGMIC_API_KEY", told["api_key"])
            code = explore(tmp_path / "report", "--target", told["base_url"])
        finally:
            mock.terminate()
            mock.wait(20)

    assert code == 1
    assert "failed" in capsys.readouterr().out


def test_nobody_there_is_exit_12(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGMIC_API_KEY", "sigmic_" + "0" * 64)

    assert explore(tmp_path, "--target", "http://127.0.0.1:9") == 12


def test_a_budget_of_nothing_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["explore", "--mock", "--turns", "0"])

    assert ended.value.code == 4
    assert "--turns" in capsys.readouterr().err
