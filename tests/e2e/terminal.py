"""A terminal in which a test types the commands of a document: one shell, on a separate loopback network.

Every document can therefore use the ports that it names, and no command reaches another machine.
"""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from sigmic_mock.config.defaults import API_KEY
from tests.e2e.process import wait_until

SECONDS = 240.0
"""A deadline, not a measurement."""
_PROGRAMS = Path(sys.executable).parent
_LOOPBACK = """\
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 1))  # set the flag "up"
os.execvp("bash", ["bash", "--norc"])
"""
SERVES = re.compile(
    r"(?:\w+=(?:\w*\$\([^)]*\)|'[^']*'|\S+) )*(?:\S*/)?(?:sigmic-mock(?: -.*| *)|sigmic-mock record .*"
    r"|sigmic-conformance mcp-server --http .*|python examples/widget-host/server.py.*)"
)
"""Commands that serve until Ctrl+C."""
_FOLLOWS = "--follow"
"""The option of a command that prints until Ctrl+C."""
_READY = re.compile(r"http://\S+|\n")


class Terminal:
    """One shell in `folder`, which is also its home. `close` it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._said = folder.parent / "said"
        read, write = os.pipe()
        self._codes = os.fdopen(read)
        hidden = ("SIGMIC_", "PYTEST_", "HYPOTHESIS_", "XDG_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        self._shell = subprocess.Popen(
            ["unshare", *(() if os.geteuid() == 0 else ("--user", "--map-root-user")), "--net", "--",
             sys.executable, "-c", _LOOPBACK],
            cwd=folder,
            env=kept | {
                "HOME": str(folder.parent / "home"),
                "PATH": f"{_PROGRAMS}:{os.environ['PATH']}",
                "KEY": API_KEY,
                "CLONE": str(Path(__file__).parents[2]),
                "PYTEST_ADDOPTS": "-p no:schemathesis -p no:cacheprovider",
            },
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            pass_fds=[write],
        )  # fmt: skip
        os.close(write)
        self._report = f"echo $? >&{write}\n"
        self._do("set -m\n")  # so that Ctrl+C reaches what runs in the background

    def type(self, command: str) -> tuple[int, str]:
        """Run a command to its end, or until it serves; return its exit code and what it printed."""
        serves = SERVES.fullmatch(command.partition("  #")[0].strip(" &")) is not None
        if serves and "sigmic-mock" in command:
            self.interrupt()  # its port is needed
        serves = serves or _FOLLOWS in command
        self._said = self._said.with_name(f"said-{time.monotonic_ns()}")
        self._said.touch()
        ending = "&" if serves and not command.endswith("&") else ""
        code = self._do(f"{{ {command}\n}} >{self._said} 2>&1 </dev/null {ending}\n")
        if serves:
            self._until_it_serves()
        return code, self._said.read_text("utf-8", "replace")

    def interrupt(self) -> None:
        """Stop the servers as Ctrl+C does; each ends with 0, or as a program that the signal ended."""
        ends = "case $? in 0|130|127) ;; *) false;; esac"
        stop = f"kill -INT -- -$job; wait $job; {ends} || bad=$job"
        script = f'bad=; for job in $(jobs -p | tac); do {stop}; done 2>/dev/null; [ -z "$bad" ]\n'
        assert self._do(script) == 0, "a server failed at Ctrl+C"

    def _do(self, script: str) -> int:
        assert self._shell.stdin is not None
        self._shell.stdin.write(script + self._report)
        self._shell.stdin.flush()
        ended, _, _ = select.select([self._codes], [], [], SECONDS)
        assert ended, f"it did not end: {script}"
        return int(self._codes.readline())

    def _until_it_serves(self) -> None:
        wait_until(lambda: _READY.search(self._said.read_text("utf-8", "replace")) is not None)

    def close(self) -> None:
        """Kill everything that still runs."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(ProcessLookupError):
                if os.getsid(int(process.name)) == self._shell.pid:
                    os.kill(int(process.name), signal.SIGKILL)
        self._shell.communicate()
        self._codes.close()
