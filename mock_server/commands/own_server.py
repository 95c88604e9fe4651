"""A command's own server: a child process on a free port that keeps nothing and goes with the command.

Its data folder is made inside the command's own, so that it goes even if the server has to be killed.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.commands.command import CommandRefused
from sigmic_conformance.mock_server.stop_signals import SIGNAL_BASE, StopSignals

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.01


def server_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what every command with a server of its own takes."""
    parser.add_argument(
        "--serve",
        metavar="FLAG",
        action="append",
        default=[],
        help="flag for the server, for example --serve=--jwt=off; repeatable",
    )
    parser.add_argument("--json", action="store_true", help="print the outcome as one JSON object at the end")
    parser.add_argument("command", nargs="*", metavar="CMD", help="after --: the command and its arguments")


@contextmanager
def own_server(
    flags: Sequence[str], environment: Mapping[str, str]
) -> Iterator[tuple[Mapping[str, Any], StopSignals, Path]]:
    """Start a server with `flags`; give what its ready file says, the signals and a folder; stop it.

    Raises `CommandRefused`, also when a signal comes while the server starts: by then a signal is only noted.
    """
    with (
        StopSignals() as signals,
        tempfile.TemporaryDirectory(prefix="sigmic-mock-own-") as name,
        _server(Path(name), flags, environment, signals) as ready,
    ):
        yield ready, signals, Path(name)


@contextmanager
def _server(
    folder: Path, flags: Sequence[str], environment: Mapping[str, str], signals: StopSignals
) -> Iterator[Mapping[str, Any]]:
    ready_file, log_file = folder / "ready.json", folder / "server.log"
    own = {name: value for name, value in environment.items() if not name.startswith("SIGMIC_MOCK_")}
    command = [sys.executable, "-m", "sigmic_conformance.mock_server", "serve", "--ephemeral", "--port=0"]
    command += ["--log-level=warning", "--until-stdin-ends"]
    with log_file.open("wb") as log:
        server = subprocess.Popen(  # noqa: S603 - ourselves, with flags the owner typed
            [*command, f"--ready-file={ready_file}", *flags],
            env=own | {"TMPDIR": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            # Of its own group: Ctrl-C is for the command, the server is stopped after it.
            start_new_session=True,
        )
    try:
        yield _wait_until_ready(server, ready_file, log_file, signals)
    finally:
        _stop(server)


def _wait_until_ready(
    server: "subprocess.Popen[bytes]", ready: Path, log: Path, signals: StopSignals
) -> Mapping[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if signals.first is not None:
            told = f"stopped by {signals.first.name} before the server was ready"
            raise CommandRefused(told, SIGNAL_BASE + signals.first)
        if server.poll() is not None:
            lines = log.read_text(errors="replace").strip().splitlines()
            told = lines[-1].removeprefix("sigmic-mock: ") if lines else f"exit code {server.returncode}"
            raise CommandRefused(f"the server did not start: {told}")
        if time.monotonic() > deadline:
            raise CommandRefused(f"the server did not become ready within {_START_SECONDS:.0f} s")
        signals.wait(_POLL_SECONDS)
    value: Mapping[str, Any] = json.loads(ready.read_text())
    return value


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        os.kill(server.pid, signal.SIGTERM)
    try:
        server.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()
