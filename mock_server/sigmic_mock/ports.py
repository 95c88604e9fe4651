"""The ports of the platform: clock, sandboxes, subscribers. Every one is passed in.

Concrete classes are named in one place only, the composition root `sigmic_mock.bootstrap.app`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Timer(Protocol):
    """A pending call of the clock."""

    def cancel(self) -> None:
        """Cancel the call; harmless when it has already happened."""


class Clock(Protocol):
    """The platform's time: heartbeats, idle expiry, JWT lifetimes, playbook waits, every timestamp."""

    def now(self) -> int:
        """Return milliseconds since the epoch (UTC)."""

    def monotonic(self) -> float:
        """Return seconds that never go back, for measuring intervals on platform time."""

    @property
    def moves_by_itself(self) -> bool:
        """False for a clock that is moved by hand, or that jumps."""

    async def sleep(self, seconds: float, *, timer: str = "sleep", owner: str = "") -> None:
        """Return after `seconds` of platform time. `timer` and `owner` name its purpose in lists."""

    def call_later(
        self,
        seconds: float,
        call: Callable[[], object],
        *,
        timer: str = "timer",
        owner: str = "",
        idle: bool = False,
    ) -> Timer:
        """Call `call` once after `seconds` of platform time, on the event loop.

        `idle`: nothing waits for it, so time that jumps to the next timer does not jump for it alone.
        """

    def working(self) -> AbstractContextManager[None]:
        """Inside, hold back a clock in manual or autojump mode."""

    def waiting(self, *, on_caller: bool = False) -> AbstractContextManager[None]:
        """Inside `working`: nothing will happen until a timer fires or, with `on_caller`, a caller acts."""

    def expect_caller(self) -> Timer:
        """Keep time from jumping until a caller has come (`cancel`), for a few real seconds at most."""


class Clocks(Protocol):
    """The clocks of the projects."""

    def of(self, project_id: str) -> Clock:
        """Return the project's clock, always the same one."""


# --- sandboxes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one execution, and of what it prints."""

    wall_seconds: float = 120.0
    cpu_seconds: int = 60
    data_bytes: int = 1 << 30
    file_bytes: int = 64 << 20
    open_files: int = 256
    processes: int = 128
    output_bytes: int = 1 << 20
    """Bytes of stdout and of stderr that are kept, from the start; the rest is read and discarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How one command ended.

    `exit_code` is missing if a signal ended it; `signal` is its number. `timed_out` is True when the wall
    limit did. `truncated` is True when output beyond `Limits.output_bytes` was dropped.
    """

    exit_code: int | None
    signal: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    timed_out: bool = False
    truncated: bool = False
    seconds: float = 0.0


class SandboxProcess(Protocol):
    """An interactive command inside a sandbox: its pipes, while it runs."""

    async def read(self) -> bytes:
        """Return the next bytes of its output; empty once there are no more. One reader at a time."""

    async def write(self, data: bytes) -> None:
        """Write all of its input; waits while it does not read. Raises `BrokenPipeError` if it is closed."""

    def end_input(self) -> None:
        """Close its input: a server that is well made ends."""

    async def wait(self) -> str:
        """Wait until it has ended; return how, as text: "exit code 1" or "signal 9"."""

    @property
    def last_errors(self) -> bytes:
        """The end of its output on stderr."""


class Sandbox(Protocol):
    """One session's confined process tree, with its workspace mounted at `root`."""

    @property
    def id(self) -> str:
        """The name given to `SandboxBackend.create`."""

    @property
    def root(self) -> str:
        """The workspace as a process inside sees it (`/workspace` where the backend has namespaces)."""

    @property
    def alive(self) -> bool:
        """False once the tree has ended, by `close()` or by itself."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: bytes = b"",
        cwd: str | None = None,
        limits: Limits | None = None,
    ) -> Execution:
        """Run one command inside and wait for it; cancelling the await kills what it started.

        `env` is added to the sandbox's small base environment (PATH, HOME, LANG, TERM, PWD). `cwd` is
        relative to `root`. Raises `SandboxGone` when the tree is not alive.
        """

    async def open(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        limits: Limits | None = None,
    ) -> SandboxProcess:
        """Start one interactive command inside; the wall limit does not apply, it ends with the sandbox.

        `env` and `cwd` as for `run`. Raises `SandboxGone`. A command that cannot be started ends immediately,
        with the reason on stderr.
        """

    async def close(self) -> None:
        """End every process in the tree and wait until none is left. Idempotent."""


@dataclass(frozen=True, slots=True)
class SandboxReport:
    """The properties that a backend enforces on this machine; shown in the banner and /healthz."""

    backend: str
    level: str
    """`confined`, `weak` or `none`."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """filesystem, process, network, environment, limits, kill_tree: `enforced`, `partial: why` or `none`."""


class SandboxBackend(Protocol):
    """A way to create sandboxes, chosen at start-up and never weakened silently."""

    @property
    def report(self) -> SandboxReport:
        """The properties that this backend enforces here."""

    async def create(self, id: str, workspace: Path) -> Sandbox:
        """Start a sandbox over an existing directory. `id` matches [A-Za-z0-9_-]+."""

    def own(self, path: Path) -> None:
        """Give a file or directory (not its contents) to the user that sandboxed processes run as."""

    async def close(self) -> None:
        """End every sandbox and the backend itself; nothing is left running."""


class SandboxGone(Exception):
    """The sandbox's process tree is no longer alive."""


class SandboxUnavailable(Exception):
    """The named backend is not available here; the message says which check failed and how to fix it."""


# --- streams -------------------------------------------------------------------------------------------


class Subscriber(Protocol):
    """One open stream. The hub writes; the edge owns the connection."""

    def write(self, frames: bytes) -> None:
        """Send whole frames. Never blocks; a reader too far behind is dropped by the edge."""

    def finish(self) -> None:
        """The last frame has been written: close the stream at this event boundary."""
