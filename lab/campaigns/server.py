"""One mock as a process in a folder, which can be killed and started again. For Linux: it reads /proc."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_START_SECONDS = 60.0


class Reply(NamedTuple):
    """The answer to a call."""

    status: int
    body: bytes

    @property
    def data(self) -> Any:
        """The data in the envelope."""
        return json.loads(self.body)["data"]


class Server:
    """A mock with `folder` as its own: data, log, temporary files. Stop it."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.data = folder / "data"
        self.log = folder / "log"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self._ready = folder / "ready.json"
        self._flags = flags
        self.answers = threading.Event()
        """Set while it is expected to answer."""
        self._process: subprocess.Popen[bytes] | None = None
        self.key = self.control_token = ""
        self.address = ("", 0)

    def start(self) -> float:
        """Start it; return the seconds until it answers."""
        self._ready.unlink(missing_ok=True)
        fixed = ("serve", "--port=0", "--log-level=info", f"--data-dir={self.data}")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sigmic_mock", *fixed, f"--ready-file={self._ready}", *self._flags],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, "TMPDIR": str(self.temporary)},
            )
        began = time.monotonic()
        while not self._ready.exists():
            if self._process.poll() is not None or time.monotonic() - began > _START_SECONDS:
                raise SystemExit(f"the mock did not start: {self.log.read_text()[-800:]}")
            time.sleep(0.01)
        ready = json.loads(self._ready.read_text())
        url = urlsplit(ready["base_url"])
        self.address = (url.hostname or "", url.port or 0)
        self.key, self.control_token = ready["api_key"], ready["control_token"]
        self.answers.set()
        return time.monotonic() - began

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """False once the process has ended."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it with SIGKILL, and reap it."""
        assert self._process is not None
        self.answers.clear()
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def call(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/json"
    ) -> Reply:
        """Call the Task API. Raises `OSError` or `http.client.HTTPException` without an answer."""
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        headers = {"Authorization": f"Bearer {self.key}"} | ({} if body is None else {"Content-Type": kind})
        with contextlib.closing(connection):
            connection.request(method, f"/api/v1{path}", body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.read())

    def family(self) -> dict[int, str]:
        """Return every process that descends from the server, with the time at which it started."""
        parents = {pid: stat for pid in _processes() if (stat := _stat(pid)) is not None}
        found, new = dict[int, str](), {self.pid}
        while new:
            new = {pid for pid, (parent, _) in parents.items() if parent in new}
            found |= {pid: parents[pid][1] for pid in new}
        return found

    @staticmethod
    def kill_one(pid: int) -> None:
        """Kill a process of the family."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    @property
    def tracebacks(self) -> int:
        """How many tracebacks its log has."""
        return self.log.read_text(errors="replace").count("Traceback")


def _processes() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def _stat(pid: int) -> tuple[int, str] | None:
    """Return the parent of a process and when it started; None if it has ended, though nobody reaped it."""
    with contextlib.suppress(OSError):
        state, parent, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if state != "Z":
            return int(parent), rest[17]
    return None


def left_of(family: dict[int, str]) -> list[int]:
    """Return the processes of a family that still run."""
    return [pid for pid, started in family.items() if (stat := _stat(pid)) is not None and stat[1] == started]
