"""Locust as users start it: a separate process, and the results of its run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol

import psutil
import requests

from tests.load.conftest import UNPATCHED
from tests.load.short import objectives_file, workload_file

ROOT = Path(__file__).parents[2]
SECONDS = 90.0
"""Limit of a run."""


class Reachable(Protocol):
    """A target with an address."""

    @property
    def url(self) -> str: ...


def open_streams(target: Reachable) -> int:
    """Return the number of open streams that the mock reports."""
    shown = requests.get(f"{target.url}/metrics", timeout=10).text
    found = [line for line in shown.splitlines() if line.startswith("sigmic_mock_open_streams ")]
    return int(float(found[0].split()[1]))


def free_port() -> str:
    """Return a port that no process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def freeze(seconds: float, *processes: int) -> None:
    """Stop processes for this number of seconds."""
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in processes:
        os.kill(pid, signal.SIGCONT)


class Loaded:
    """A finished run of Locust: exit code, output and report."""

    def __init__(self, code: int, said: str, folder: Path) -> None:
        self.code = code
        self.said = said
        self.folder = folder

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.folder / "load.json").read_text())

    def count(self, name: str) -> int:
        return self.report["counts"].get(name, {"value": 0})["value"]

    def verdicts(self, verdict: str) -> list[str]:
        return [row["id"] for row in self.report["objectives"] if row["verdict"] == verdict]


class Locust:
    """Runs Locust and returns the results."""

    def __init__(self, folder: Path, **streams: Any) -> None:
        self._folder = folder
        self._streams = streams
        """Settings of the users that hold streams."""
        self.log = folder / "locust.log"
        self.process: subprocess.Popen[bytes] | None = None
        """The running process."""

    @property
    def workers(self) -> list[int]:
        """Return the ids of the worker processes that it has started."""
        assert self.process is not None
        return sorted(child.pid for child in psutil.Process(self.process.pid).children())

    def __call__(
        self,
        *arguments: str,
        url: str,
        key: str = "none",
        stop: Callable[[], signal.Signals | Literal[False]] | None = None,
        env: dict[str, str] | None = None,
    ) -> Loaded:
        """Run it with these arguments; `stop` is polled for a signal to send."""
        command = [sys.executable, "-m", "locust", "-f", str(ROOT / "load" / "locustfile.py")]
        if "--web-port" not in arguments:
            command.append("--headless")
        command += ["--host", url, "--workload", str(workload_file(self._folder, **self._streams))]
        command += ["--slo", str(objectives_file(self._folder))]
        command += ["--load-report", str(self._folder / "report"), "--only-summary", *arguments]
        if "--processes" in arguments:
            port = free_port()  # Locust's default port is the same for all runs
            command += ["--master-port", port, "--master-bind-port", port]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, UNPATCHED: "", "SIGMIC_API_KEY": key, "NO_PROXY": "*", **(env or {})},
                stdout=out,
                stderr=out,
                cwd=self._folder,
            )
            try:
                deadline = time.monotonic() + SECONDS
                while stop is not None and self.process.poll() is None and time.monotonic() < deadline:
                    if sent := stop():
                        self.process.send_signal(sent)
                        break
                    time.sleep(0.1)  # a process outside ours can only be polled
                code = self.process.wait(SECONDS)
            finally:
                self.process.kill()
                self.process.wait()
        return Loaded(code, self.log.read_text(), self._folder / "report")
