"""Running a command with a deadline: the whole tree of it is ended and reaped, whatever it started.

Every process of a run carries a mark in its environment, so that one which left the command's process group
is found too (Linux; elsewhere only the group is ended).
"""

import asyncio
import ctypes
import os
import re
import secrets
import select
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sigmic_mock.gauntlet.outcome import Ended

MARK = "SIGMIC_GAUNTLET_RUN"
_TAIL_BYTES = 8192
_TAIL_LINES = 20
_FAILED_TEST = re.compile(r"\s*(?:not ok \d|FAIL(?:ED)?\s|--- FAIL|[✖✘] )")
"""Begins a line that names a failed test: in TAP, pytest, vitest, Jest, Go, node:test, Playwright."""
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_GRACE_SECONDS = 2.0
_POLL_SECONDS = 0.02
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Let processes whose parent has ended become ours, so that we can reap them (Linux)."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


async def run_child(
    command: Sequence[str], environment: Mapping[str, str], output: Path, timeout: float
) -> Ended:
    """Run `command` with its output in the file `output`. Raises OSError when it cannot be started."""
    entry = f"{MARK}={secrets.token_hex(16)}"
    started = time.monotonic()
    with output.open("wb") as sink:
        child = await asyncio.create_subprocess_exec(
            *command,
            env={**environment, MARK: entry.partition("=")[2]},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sink,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    code: int | None = None
    try:
        async with asyncio.timeout(timeout):
            code = await child.wait()
    except TimeoutError:
        pass
    finally:
        await asyncio.shield(_end(child, entry))
    last, failed = _tail(output), _failed_test(output)
    return Ended(code=code, seconds=time.monotonic() - started, last=last, failed=failed)


async def _end(child: asyncio.subprocess.Process, entry: str) -> None:
    """End the rest of the tree: asked first, then killed."""
    if child.returncode is None:
        _signal(child.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                await child.wait()
    _signal(child.pid, signal.SIGKILL)
    await child.wait()
    await asyncio.to_thread(end_strays, entry)
    _reap(child.pid)


def _reap(group: int) -> None:
    """Reap the members of an ended process group that became children of this process."""
    with suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG) != (0, 0):
            pass


def ask_strays(entry: str) -> None:
    """Ask every process whose environment holds `entry` (NAME=value) to end; return when they have, or soon.

    Only Linux shows the environment of a process: elsewhere none is found.
    """
    for pid in _marked(entry):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + _GRACE_SECONDS
    while _marked(entry) and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)


def end_strays(entry: str) -> None:
    """Kill every process whose environment holds `entry`, until none is left: each may start a child.

    A kill is asynchronous, so each process is waited for, and reaped if it became a child of this one. A
    process that does not end within the grace period (it is in an uninterruptible call) is left.
    """
    until = time.monotonic() + _GRACE_SECONDS
    while strays := _marked(entry):
        for pid in strays:
            _kill_and_wait(pid, until)
        if time.monotonic() >= until:
            return


def _kill_and_wait(pid: int, until: float) -> None:
    if sys.platform != "linux":
        return
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        select.select([handle], [], [], max(0.0, until - time.monotonic()))
        os.waitid(os.P_PIDFD, handle, os.WEXITED | os.WNOHANG)
    except (ProcessLookupError, ChildProcessError):  # it has ended, or has another parent
        pass
    finally:
        os.close(handle)


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _marked(entry: str) -> list[int]:
    """Return the processes that carry the mark."""
    wanted = entry.encode()
    found = []
    for variables in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if wanted in variables.read_bytes().split(b"\0"):
                found.append(int(variables.parent.name))
    return found


def _tail(output: Path) -> str:
    with output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - _TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(text.strip().splitlines()[-_TAIL_LINES:])


def _failed_test(output: Path) -> str:
    """Return the first line that names a failed test, without colours; empty if there is none."""
    with output.open(encoding="utf-8", errors="replace") as lines:
        plain = (_COLOUR.sub("", line) for line in lines)
        return next((line.strip() for line in plain if _FAILED_TEST.match(line)), "")
