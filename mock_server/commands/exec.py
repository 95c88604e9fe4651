"""`sigmic-mock exec -- CMD`: start a server, run a command against it, stop it, pass the command's code on.

The command finds SIGMIC_BASE_URL and SIGMIC_API_KEY in its environment, and what the other verbs need to find
this server. The server keeps nothing: its data folder goes with it. Its log comes only when it cannot start.
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

from mock_server.commands.command import USAGE, CommandRefused, Console
from mock_server.commands.env import client_variables

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.01
_NOT_FOUND = 127
_NOT_EXECUTABLE = 126
_SIGNAL_BASE = 128


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--clock", metavar="MODE", default="real", help="real, scaled:N, manual or autojump")
    parser.add_argument(
        "--serve",
        metavar="FLAG",
        action="append",
        default=[],
        help="flag for the server, such as --serve=--jwt=off; may be given again",
    )
    parser.add_argument("--json", action="store_true", help="print how it ended as one JSON object, last")
    parser.add_argument("command", nargs="*", metavar="CMD", help="after --: the command and its arguments")


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it; return the command's exit code, 128 + n when signal n ended it."""
    if not given.command:
        raise CommandRefused("nothing to run; write it after --, as in: sigmic-mock exec -- pytest", USAGE)
    flags = [f"--clock={given.clock}", *given.serve]
    with (
        tempfile.TemporaryDirectory(prefix="sigmic-mock-exec-") as folder,
        _server(Path(folder), flags, environment) as ready,
    ):
        started = time.monotonic()
        code = _run(given.command, {**environment, **client_variables(ready)})
        seconds = time.monotonic() - started
    if given.json:
        console.say(json.dumps({"command": given.command, "exit_code": code, "seconds": round(seconds, 3)}))
    return code


@contextmanager
def _server(
    folder: Path, flags: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """Start a server of our own; give what its ready file says."""
    ready_file, log_file = folder / "ready.json", folder / "server.log"
    own = {name: value for name, value in environment.items() if not name.startswith("SIGMIC_MOCK_")}
    command = [sys.executable, "-m", "mock_server", "serve", "--ephemeral", "--port=0", "--log-level=warning"]
    with log_file.open("wb") as log:
        server = subprocess.Popen(  # noqa: S603 - ourselves, with flags the owner typed
            [*command, f"--ready-file={ready_file}", *flags],
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            # Of its own group: Ctrl-C is for the command, the server is stopped after it.
            start_new_session=True,
        )
    try:
        yield _wait_until_ready(server, ready_file, log_file)
    finally:
        _stop(server)


def _wait_until_ready(server: "subprocess.Popen[bytes]", ready: Path, log: Path) -> Mapping[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if server.poll() is not None:
            lines = log.read_text(errors="replace").strip().splitlines()
            told = lines[-1].removeprefix("sigmic-mock: ") if lines else f"exit code {server.returncode}"
            raise CommandRefused(f"the server did not start: {told}")
        if time.monotonic() > deadline:
            raise CommandRefused(f"the server was not ready within {_START_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
    value: Mapping[str, Any] = json.loads(ready.read_text())
    return value


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    try:
        child = subprocess.Popen(command, env=environment)  # noqa: S603 - what the owner typed
    except FileNotFoundError:
        raise CommandRefused(f"there is no command {command[0]}", _NOT_FOUND) from None
    except OSError as problem:
        raise CommandRefused(f"cannot run {command[0]}: {problem.strerror}", _NOT_EXECUTABLE) from None
    before = signal.signal(signal.SIGTERM, lambda number, _frame: child.send_signal(number))
    try:
        while True:
            try:
                code = child.wait()
                break
            except KeyboardInterrupt:
                # The terminal has told the command too; it decides how it ends.
                continue
    finally:
        signal.signal(signal.SIGTERM, before)
    return code if code >= 0 else _SIGNAL_BASE - code


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        os.kill(server.pid, signal.SIGTERM)
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
