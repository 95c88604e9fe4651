"""A command's own server: a child process on a free port that keeps nothing and goes with the command."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mock_server.commands.command import CommandRefused

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.01


@contextmanager
def own_server(
    folder: Path, flags: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """Start a server with `flags`; give what its ready file says; stop it. Raises `CommandRefused`."""
    ready_file, log_file = folder / "ready.json", folder / "server.log"
    own = {name: value for name, value in environment.items() if not name.startswith("SIGMIC_MOCK_")}
    command = [sys.executable, "-m", "mock_server", "serve", "--ephemeral", "--port=0", "--log-level=warning"]
    command.append("--until-stdin-ends")
    with log_file.open("wb") as log:
        server = subprocess.Popen(  # noqa: S603 - ourselves, with flags the owner typed
            [*command, f"--ready-file={ready_file}", *flags],
            env=own,
            stdin=subprocess.PIPE,
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


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        os.kill(server.pid, signal.SIGTERM)
    try:
        server.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()
