"""Start a server for one run: wait until it is reachable, save its log, end it.

The command is the operator's own, or that of the reference platform, and runs in a shell. Its standard input
is a pipe that closes with the suite. `{port}` in it is a free port, `{ready_file}` a path that the server
writes when it is ready; PORT and SIGMIC_READY_FILE are in its environment as well.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any

from sigmic_conformance.target.profile import ProfileError

READY_SECONDS = 30.0
STOP_SECONDS = 10.0
KILLED_SECONDS = 1.0
LOOK_SECONDS = 0.05
TOLD_LINES = 5
VARIABLES = {
    "api_key": "SIGMIC_API_KEY",
    "second_api_key": "SIGMIC_SECOND_API_KEY",
    "viewer_api_key": "SIGMIC_VIEWER_API_KEY",
    "another_api_key": "SIGMIC_ANOTHER_API_KEY",
    "app_id": "SIGMIC_APP_ID",
    "app_secret": "SIGMIC_APP_SECRET",
    "mcp_api_key": "SIGMIC_MCP_API_KEY",
    "mcp_app_id": "SIGMIC_MCP_APP_ID",
    "mcp_app_secret": "SIGMIC_MCP_APP_SECRET",
    "allowed_origin": "SIGMIC_ALLOWED_ORIGIN",
    "session_expiry_seconds": "SIGMIC_SESSION_EXPIRY",
}
"""The keys of a ready file, without the address, and the variables that they set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running server: its URL, the variables that its ready file sets, and the file that it writes to."""

    base_url: str
    variables: Mapping[str, str]
    ready: Mapping[str, Any]
    """The content of its ready file; empty without one."""
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def death(self) -> str | None:
        """How it ended, if it exited on its own, with its last output; None while it runs."""
        code = self.process.poll()
        return None if code is None else f"the server {_ended(code)}{_last_words(self.log)}"


@contextlib.contextmanager
def serving(
    command: str,
    *,
    seconds: float = READY_SECONDS,
    who: str = "--serve: the server",
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Served]:
    """Run the command until the context is left; it gets `seconds` to become ready.

    Raises ProfileError with one line if it exits, is not ready in time (both name `who`), or its ready file
    cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="sigmic-served-") as folder:
        ready_file, log, port = Path(folder) / "ready.json", Path(folder) / "server.log", _free_port()
        words = command.replace("{port}", str(port)).replace("{ready_file}", str(ready_file))
        own = {"PORT": str(port), "SIGMIC_READY_FILE": str(ready_file)}
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S602  what the operator wants to have run
                words,
                shell=True,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **own, **environment},
                start_new_session=True,
            )
        try:
            is_told = "{ready_file}" in command or "SIGMIC_READY_FILE" in command
            told = _wait(process, ready_file if is_told else None, port, log, seconds, who)
            base_url = str(told.get("base_url") or f"http://127.0.0.1:{told.get('port') or port}")
            yield Served(base_url=base_url, variables=_variables(told), ready=told, log=log, process=process)
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(
    process: "subprocess.Popen[bytes]",
    ready_file: Path | None,
    port: int,
    log: Path,
    seconds: float,
    who: str,
) -> Mapping[str, Any]:
    """Wait for the ready file, or for a listener on the port; return the file's content."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ProfileError(f"{who} {_ended(process.returncode)}{_last_words(log)}")
        if ready_file is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), LOOK_SECONDS):
                return {}
        elif ready_file.exists():
            # It may not be completely written yet.
            with contextlib.suppress(ValueError):
                return _said(json.loads(ready_file.read_text(encoding="utf-8")))
        time.sleep(LOOK_SECONDS)
    awaited = "no ready file with JSON in it"
    if ready_file is None:
        awaited = f"no server listens on port {port}, which it is given as {{port}} and as the variable PORT"
    raise ProfileError(f"{who} was not ready within {seconds:g} s: {awaited}{_last_words(log)}")


def _said(document: Any) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise ProfileError("--serve: the ready file holds no JSON object")
    for name in ("base_url", *VARIABLES):
        is_time = name.endswith("_seconds")
        if not isinstance(document.get(name), (int, float, NoneType) if is_time else (str, NoneType)):
            kind = "a number" if is_time else "text"
            raise ProfileError(f"--serve: {name} in the ready file must be {kind}")
    port = document.get("port", 0)
    if not isinstance(port, int) or ("base_url" not in document and not port):
        raise ProfileError(f"--serve: the ready file has {sorted(document)}, but neither base_url nor port")
    return document


def _variables(told: Mapping[str, Any]) -> dict[str, str]:
    return {variable: str(told[name]) for name, variable in VARIABLES.items() if told.get(name)}


def _ended(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _last_words(log: Path) -> str:
    """The last lines of a log, as the end of a message, or a note that the log is empty."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-TOLD_LINES:]
    return f": {' / '.join(lines)}" if lines else ", and said nothing"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Terminate the server and its child processes, and kill those that do not end."""
    for wanted in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, wanted)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            break
    if process.stdin is not None:
        process.stdin.close()
    # Its child processes may outlive it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
        deadline = time.monotonic() + KILLED_SECONDS
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(LOOK_SECONDS)
