"""A command's own server: a child process on a free port that saves nothing and ends with the command.

Its data folder is inside the command's own, so that it is removed even if the server has to be killed.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmic_mock.commands.command import CommandRefused, settings_of
from sigmic_mock.commands.server_flags import as_words, declare_flags, given_flags
from sigmic_mock.config.settings import FLAGS, RUN_FOLDER
from sigmic_mock.gauntlet.run_folder import RunFolder
from sigmic_mock.stop_signals import SIGNAL_BASE, StopSignals

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.01


_OF_COMMAND = frozenset({"data-dir", "ephemeral", "json", "ready-file", "until-stdin-ends"})
"""Flags that a command sets itself, or that mean something else there."""
_FLAGS = tuple(flag for flag in FLAGS if flag.name not in _OF_COMMAND)


def server_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of every command with its own server, and the flags of that server."""
    parser.add_argument("--json", action="store_true", help="print the outcome as one JSON object at the end")
    parser.add_argument("command", nargs="*", metavar="CMD", help="after --: the command and its arguments")
    declare_flags(parser.add_argument_group("flags of the server"), _FLAGS)


def server_flags(given: argparse.Namespace, environment: Mapping[str, str]) -> list[str]:
    """Return the flags for the server, as words. Raises `CommandRefused` for an invalid value."""
    flags = given_flags(given, _FLAGS)
    settings_of({"ephemeral": "on", **flags}, _without_ours(environment))
    return as_words(flags)


@dataclass(frozen=True, slots=True)
class OwnServer:
    """One of a command's servers: the content of its ready file, and the folder in which it reports."""

    ready: Mapping[str, Any]
    run: RunFolder


@contextmanager
def own_servers(
    count: int, flags: Sequence[str], environment: Mapping[str, str]
) -> Iterator[tuple[Sequence[OwnServer], StopSignals, Path]]:
    """Start servers with `flags`, at the same time; give them, the signals and a folder; stop them.

    Raises `CommandRefused`, for a signal during the start too: by then a signal is only noted.
    """
    with (
        StopSignals() as signals,
        tempfile.TemporaryDirectory(prefix="sigmic-mock-own-") as name,
        ExitStack() as servers,
    ):
        waits = [
            servers.enter_context(_server(Path(name) / f"server-{number}", flags, environment))
            for number in range(count)
        ]
        yield [wait(signals) for wait in waits], signals, Path(name)


@contextmanager
def _server(
    folder: Path, flags: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Callable[[StopSignals], OwnServer]]:
    """Start a server; yield a function that waits until it is ready."""
    folder.mkdir()
    run = _run_folder(folder, environment)
    ready_file, log_file = folder / "ready.json", folder / "server.log"
    own = _without_ours(environment)
    command = [sys.executable, "-m", "sigmic_mock", "serve", "--ephemeral", "--port=0"]
    command += ["--log-level=warning", "--until-stdin-ends"]
    with log_file.open("wb") as log:
        server = subprocess.Popen(
            [*command, f"--ready-file={ready_file}", *flags],
            env=own | {"TMPDIR": str(folder), RUN_FOLDER: str(run.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            # A separate group: Ctrl-C is for the command, the server is stopped after it.
            start_new_session=True,
        )
    try:
        yield lambda signals: OwnServer(_wait_until_ready(server, ready_file, log_file, signals), run)
    finally:
        _stop(server)


def _without_ours(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those of `sigmic-mock`: they are for the servers of its user."""
    return {name: value for name, value in environment.items() if not name.startswith("SIGMIC_MOCK_")}


def _run_folder(folder: Path, environment: Mapping[str, str]) -> RunFolder:
    """Return the folder for the reports of the server: that of an outer run, if there is one."""
    if environment.get(RUN_FOLDER):
        return RunFolder(Path(environment[RUN_FOLDER]))
    run = RunFolder(folder / "run")
    run.make()
    return run


def _wait_until_ready(
    server: "subprocess.Popen[bytes]", ready: Path, log: Path, signals: StopSignals
) -> Mapping[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if signals.first is not None:
            told = f"stopped by {signals.first.name} before the server was ready"
            raise CommandRefused(told, SIGNAL_BASE + signals.first)
        if server.poll() is not None:
            raise CommandRefused(
                f"the server did not start: {_reason(log) or f'exit code {server.returncode}'}"
            )
        if time.monotonic() > deadline:
            raise CommandRefused(f"the server did not become ready within {_START_SECONDS:.0f} s")
        signals.wait(_POLL_SECONDS)
    value: Mapping[str, Any] = json.loads(ready.read_text())
    return value


def _reason(log: Path) -> str:
    """Return the lines with which a server has refused its start; without any, its last one."""
    text = log.read_text(errors="replace").strip()
    before, mark, refusal = f"\n{text}".rpartition("\nsigmic-mock: ")
    return refusal if mark else before.rpartition("\n")[2]


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        os.kill(server.pid, signal.SIGTERM)
    try:
        server.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()
