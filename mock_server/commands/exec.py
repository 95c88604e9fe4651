"""`sigmic-mock exec -- CMD`: start a server, run a command against it, stop it, pass the command's code on.

The command finds SIGMIC_BASE_URL and SIGMIC_API_KEY in its environment, and what the other verbs need to find
this server. The server keeps nothing: its data folder goes with it. Its log comes only when it cannot start.
"""

import argparse
import json
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mock_server.commands.command import USAGE, CommandRefused, Console
from mock_server.commands.env import client_variables
from mock_server.commands.own_server import own_server

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
        own_server(Path(folder), flags, environment) as ready,
    ):
        started = time.monotonic()
        code = _run(given.command, {**environment, **client_variables(ready)})
        seconds = time.monotonic() - started
    if given.json:
        console.say(json.dumps({"command": given.command, "exit_code": code, "seconds": round(seconds, 3)}))
    return code


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
