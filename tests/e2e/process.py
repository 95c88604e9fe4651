"""The mock as users run it: a separate process, found through its ready file."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

READY_SECONDS = 60.0
STOP_SECONDS = 30.0
"""A deadline, not a measurement: other load on the machine may slow the mock."""


class MockProcess:
    """`sigmic-mock` in a process, on a free port, with all its files under `folder`."""

    def __init__(self, folder: Path, *flags: str, env: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.flags = flags
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("SIGMIC_MOCK_")} | (
            env or {}
        )
        self.log = folder / "server.log"
        self.ready: dict[str, Any] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        ready_file = self.folder / "ready.json"
        ready_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "sigmic_mock",
                    "--port",
                    "0",
                    "--data-dir",
                    str(self.data_dir),
                    "--ready-file",
                    str(ready_file),
                    *self.flags,
                ],
                stdout=log,
                stderr=log,
                env=self.env,
                cwd=self.folder,
            )
        try:
            self._wait_until_ready(self.process, ready_file)
        except BaseException:
            self.stop()
            raise
        self.ready = json.loads(ready_file.read_text())
        return self

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]", ready_file: Path) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the mock did not become ready:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.01)  # a process outside ours can only be polled

    @property
    def url(self) -> str:
        return str(self.ready["base_url"]).rstrip("/")

    @property
    def key(self) -> str:
        return str(self.ready["api_key"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def create(self, message: str, **sent: Any) -> str:
        """Create a task; `sent` are other arguments of `requests`, by default a JSON body."""
        answer = requests.post(
            f"{self.url}/api/v1/tasks",
            headers=self.headers,
            timeout=30,
            **({"data": {"message": message}, **sent} if sent else {"json": {"message": message}}),
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """Return False once the process has ended for any reason."""
        return self.process is not None and self.process.poll() is None

    def resident_bytes(self) -> int:
        """Resident set of the server process."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """Kill the process, as a crash would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """Stop the process as a user would; return the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
            raise AssertionError(f"SIGTERM did not end the mock:\n{self.log.read_text()[-3000:]}") from None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def descendants(marker: str) -> list[int]:
    """Return the processes of this machine whose command line contains `marker`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if marker in command:
            found.append(int(entry.name))
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)  # a process outside ours can only be polled


def left(folder: Path) -> list[str]:
    """Return what a run has left: files, and processes that name the folder."""
    return [*(path.name for path in folder.iterdir()), *map(str, descendants(str(folder)))]
