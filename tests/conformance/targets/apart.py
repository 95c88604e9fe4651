"""Starts a target in a process of its own, so that judge and judged share no interpreter lock.

The process says one line when it can be reached and one when it ends; both have a deadline, and it is
reaped together with the commands that it runs.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.conformance.targets.reach import Reach

ROOT = Path(__file__).parents[3]
START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass
class Apart:
    """A target that runs. `disobeyed` is known when it has ended."""

    reach: Reach
    disobeyed: int | None = field(default=None)


@contextlib.contextmanager
def serve_apart(*parts: str, heartbeat: float = 15.0, limits: bool = False) -> Iterator[Apart]:
    """A target made of these parts, by name, running for as long as the context. Raises RuntimeError."""
    command = [sys.executable, "-m", "tests.conformance.targets", *parts, "--heartbeat", str(heartbeat)]
    process = subprocess.Popen(
        [*command, *(["--limits"] if limits else [])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    lines = _Lines(process)
    try:
        apart = Apart(Reach.read(lines.next(START_SECONDS)))
        yield apart
        lines.close()
        apart.disobeyed = json.loads(lines.next(STOP_SECONDS))["disobeyed"]
        process.wait(STOP_SECONDS)
    finally:
        _end(process)
        lines.join()


class _Lines:
    """The lines that a process says, each waited for with a deadline."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._said: queue.Queue[str] = queue.Queue()
        if process.stdout is None:
            raise RuntimeError("the target has no standard output")
        self._reading = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reading.start()

    def _read(self, output: IO[str]) -> None:
        for line in output:
            self._said.put(line)
        self._said.put("")

    def next(self, seconds: float) -> str:
        try:
            line = self._said.get(timeout=seconds)
        except queue.Empty:
            raise RuntimeError(f"the target said nothing within {seconds:g} s") from None
        if not line:
            raise RuntimeError(f"the target ended with {self._process.wait(STOP_SECONDS)}")
        return line

    def join(self) -> None:
        """The process is gone: read its output to the end and close it."""
        self._reading.join(STOP_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def close(self) -> None:
        """Ask the process to end."""
        if self._process.stdin is not None:
            self._process.stdin.close()


def _end(process: subprocess.Popen[str]) -> None:
    """End it if it runs yet, and reap it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
