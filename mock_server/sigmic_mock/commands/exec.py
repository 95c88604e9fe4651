"""`sigmic-mock exec -- CMD`: start a server, run a command against it, stop it, pass the command's code on.

The command gets SIGMIC_BASE_URL and SIGMIC_API_KEY in its environment, and the variables for other verbs to
find this server. The data folder is removed at the end. The log is printed only if the start fails.

SIGTERM, SIGINT and SIGHUP are passed on to the command, which then has a few seconds. Processes that it
leaves are ended after it: asked first, then killed. A command that ends by itself may leave processes.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from sigmic_mock.commands.command import USAGE, CommandRefused, Console
from sigmic_mock.commands.env import client_variables
from sigmic_mock.commands.own_server import OwnServer, own_servers, server_arguments, server_flags
from sigmic_mock.config.settings import RUN_FOLDER
from sigmic_mock.gauntlet.child import adopt_orphans, ask_strays, end_strays
from sigmic_mock.gauntlet.run_folder import Totals
from sigmic_mock.stop_signals import ECHO_SECONDS, SIGNAL_BASE, StopSignals
from sigmic_spec.plural import plural

_MARK = "SIGMIC_EXEC_RUN"
"""The variable that all processes of one run have in their environment; its value differs for each run."""
_NOT_FOUND = 127
_NOT_EXECUTABLE = 126
_GRACE_SECONDS = 10.0
"""Seconds that a command has to end once a signal was passed on to it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    server_arguments(parser)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it; return the command's exit code, 128 + n when signal n ended it."""
    if not given.command:
        raise CommandRefused(
            "no command given. Add one after --, for example: sigmic-mock exec -- pytest", USAGE
        )
    with own_servers(1, server_flags(given, environment), environment) as ([server], signals, _):
        variables = {**client_variables(server.ready), RUN_FOLDER: str(server.run.path)}
        started = time.monotonic()
        code = _run(given.command, {**environment, **variables}, signals)
        seconds = time.monotonic() - started
        if note := _unused(server):
            console.note(note)
    if given.json:
        console.say(json.dumps({"command": given.command, "exit_code": code, "seconds": round(seconds, 3)}))
    return code


def _unused(server: OwnServer) -> str:
    """Report that nothing reached the server, and what was used instead."""
    totals = server.run.totals()
    own = totals.pop(server.ready["base_url"], Totals())
    if own.requests:
        return ""
    others = [f"{url} ({plural(each.requests, 'request')})" for url, each in totals.items()]
    if others:
        return f"no request reached the server of exec: the command started its own, {', '.join(others)}"
    return (
        "no request reached the server: make the command use SIGMIC_BASE_URL and SIGMIC_API_KEY,"
        " or the fixture sigmic_project"
    )


def _run(command: Sequence[str], environment: Mapping[str, str], signals: StopSignals) -> int:
    mark = secrets.token_hex(16)
    try:
        child = subprocess.Popen(command, env={**environment, _MARK: mark})
    except FileNotFoundError:
        raise CommandRefused(f"command not found: {command[0]}", _NOT_FOUND) from None
    except OSError as problem:
        raise CommandRefused(f"can't run {command[0]}: {problem.strerror}", _NOT_EXECUTABLE) from None
    if _wait_until_ended(child, signals):
        ask_strays(f"{_MARK}={mark}")
        end_strays(f"{_MARK}={mark}")
    return child.returncode if child.returncode >= 0 else SIGNAL_BASE - child.returncode


def _wait_until_ended(child: "subprocess.Popen[bytes]", signals: StopSignals) -> bool:
    """Wait for the command, passing signals on to it; return whether there was one.

    The first one starts a grace period. After it, or at a later signal that is not an echo, it is killed.
    """
    passed: set[signal.Signals] = set()
    since: float | None = None
    new = signals.take()  # a command that was being started may have missed even the terminal's signal
    while child.poll() is None:
        now = time.monotonic()
        for number in new:
            if since is None:
                since = now
                adopt_orphans()
            if now - since > ECHO_SECONDS:
                child.kill()
            elif number not in passed:
                passed.add(number)
                child.send_signal(number)
        left = None if since is None else since + _GRACE_SECONDS - now
        if left is not None and left <= 0:
            child.kill()
            left = None
        signals.wait(left)
        # The terminal sends Ctrl-C to the command too; it decides how it ends.
        new = tuple(each for each in signals.take() if each is not signal.SIGINT or not _is_in_foreground())
    return since is not None or bool(new)


def _is_in_foreground() -> bool:
    """Return whether a terminal's Ctrl-C reaches us, and so the command: it is in our process group."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
