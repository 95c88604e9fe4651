"""The command line: one clear line per mistake, and a reference page that matches the flags."""

import io
import logging
import sys

import pytest

from sigmic_mock.cli import main, own_pace
from sigmic_mock.config.settings import FLAGS, Settings
from sigmic_mock.runtime.pace import NATURAL, OFF


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch):
    for flag in FLAGS:
        monkeypatch.delenv(flag.variable, raising=False)


@pytest.fixture(autouse=True)
def _log_as_it_was():
    """Undo a start's change to the log of this process: its stream closes after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--prot", "1"], "unrecognized arguments: --prot 1; did you mean --port?"),
        (["--prot=1"], "unrecognized arguments: --prot=1; did you mean --port?"),
        (["--project", "p", "clock", "show"], "first: sigmic-mock clock show --project p"),
        (["serv"], "unknown command serv; did you mean serve?"),
        (["banana"], "unknown command banana; known: serve, "),
        (["serve", "serve"], "unrecognized arguments: serve"),
        (["--port"], "--port needs a value: --port=NUMBER"),
        (["--heartbeat", "-5s"], "--heartbeat needs a value: --heartbeat=TIME"),
        (["--port", "banana"], "--port must be a port number"),
        (["--pace", "natrual"], "did you mean natural?"),
        (["--session", "1"], "unrecognized arguments: --session 1; did you mean --session-idle?"),
        (["--config", "/nowhere"], "/nowhere: no such file or directory"),
        (["--ephemeral", "--data-dir", "/x"], "use either --ephemeral or --data-dir, not both"),
        (["--ephemeral", "--fault", "net.slwo"], "did you mean net.slow?"),
        (["--ephemeral", "--fault", "net.slow,tims=1"], "did you mean times?"),
        (["--ephemeral", "--no-faults", "--fault", "net.slow"], "--no-faults can't be combined with --fault"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(arguments, told, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.err.startswith("sigmic-mock: ")
    assert told in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--data-dir", "/proc/nowhere"], "can't use /proc/nowhere: no such file or directory"),
        (["--data-dir", "/dev/null"], "/dev/null"),
        (["--ephemeral", "--playbooks", "/nowhere"], "/nowhere"),
        (["--ephemeral", "--host", "203.0.113.1"], "can't listen on 203.0.113.1:"),
        (
            ["--ephemeral", "--host", "nowhere.invalid"],
            "not an address of this machine. Try --host 127.0.0.1",
        ),
        (["--ephemeral", "--sandbox", "process", "--host", "0.0.0.0"], "the server can't listen on 0.0.0.0"),
    ],
)
def test_what_cannot_run_here_is_one_line_and_code_1(arguments, told, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", *arguments])

    said = capsys.readouterr()
    assert ended.value.code == 1
    assert told in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


def test_help_and_version_are_no_mistakes(capsys: pytest.CaptureFixture[str]):
    for argument in ("--help", "--version"):
        with pytest.raises(SystemExit) as ended:
            main([argument])
        assert ended.value.code == 0

    said = capsys.readouterr().out
    assert all(f"--{flag.name}" in said for flag in FLAGS)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("output", "settings", "pace"),
    [
        (Terminal(), Settings(), NATURAL),
        (io.StringIO(), Settings(), OFF),
        (Terminal(), Settings(json=True), OFF),
        (Terminal(), Settings(until_stdin_ends=True), OFF),
    ],
)
def test_answers_have_a_pace_for_a_person_at_a_terminal(
    output, settings, pace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "stdout", output)

    assert own_pace(settings) == pace
