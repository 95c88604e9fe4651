"""The first process of a sandbox: starts commands, reaps processes, kills what a command left behind.

It is process 1 of the `ns` backend's process namespace and the subreaper of the `process` backend's tree; the
code is the same. It obeys one socket. When the platform closes the other end, it ends with all descendants.
Output of commands never passes through it: their pipes arrive as open files.

Frames in: `{"exec": id, "argv", "env", "cwd", "limits", "stdin": bool}` with the pipes, `{"kill": id}`.
Frames out: `{"exited": id, "status": wait status, "cpu": seconds}`.
"""

import contextlib
import errno
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Collection, Mapping

from sigmic_mock.sandbox import limits, pid_scan, wire

NOT_FOUND = 127
NOT_RUNNABLE = 126

_SWEEPS = 200
"""Scans of /proc before the sweep stops, for a tree that forks faster than it is killed."""

_CHUNK = 1 << 16

_PATIENCE = 2
"""Scans without a pause between them."""

_RESET = [
    getattr(signal, name)
    for name in ("SIGPIPE", "SIGINT", "SIGXFSZ", "SIGXFZ", "SIGCHLD", "SIGHUP", "SIGTERM")
    if hasattr(signal, name)
]


class Refusal(Exception):
    """A command could not be started: a shell's message for it, and its exit code."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(text)


class Command:
    """One started command."""

    __slots__ = ("id", "since")

    def __init__(self, id: int, since: int) -> None:
        self.id = id
        self.since = since


class Supervisor:
    """Serves one sandbox until the platform has ended."""

    def __init__(
        self, control: socket.socket, *, root: str, bounds: Mapping[str, float], count_processes: bool
    ) -> None:
        self._control = control
        self._root = root
        self._bounds = dict(bounds)
        self._count_processes = count_processes
        self._frames = wire.Frames()
        self._live: dict[int, Command] = {}
        """Process id → command, for commands that have not ended."""
        self._ended: set[int] = set()
        """Process ids of ended commands. Their sessions may still have background jobs."""

    def serve(self) -> None:
        """Obey frames and reap until the socket ends; return when no descendant is left."""
        wake = _wake_on_child()
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(wake, select.POLLIN)
        wake_fd = wake.fileno()
        while True:
            for fd, _event in poll.poll():
                if fd == wake_fd:
                    _drain(wake)
                    self._reap()
                elif not self._obey():
                    self.end_everything()
                    return

    def end_everything(self) -> None:
        """Kill and reap every descendant, even a hidden one."""
        for pid in self._live:
            _kill_group(pid)
        end_descendants(spare=())
        self._reap()

    def _obey(self) -> bool:
        """Receive frames and obey them. Return False if the platform has ended."""
        try:
            data, arrived = wire.receive_some(self._control, _CHUNK)
            for message, fds in self._frames.feed(data, arrived):
                self._do(message, fds)
        except (OSError, wire.BrokenFrame):
            return False
        return data != b""

    def _do(self, message: wire.Message, fds: list[int]) -> None:
        try:
            if "exec" in message:
                self._start(message, fds)
            elif "kill" in message:
                self._kill(int(str(message["kill"])))
        finally:
            for fd in fds:
                os.close(fd)

    # --- starting --------------------------------------------------------------------------------------

    def _start(self, message: wire.Message, fds: list[int]) -> None:
        number = int(str(message["exec"]))
        since = pid_scan.ticks_now()
        try:
            pid = self._spawn(message, fds)
        except Refusal as refusal:
            _complain(fds[-1], f"{refusal}\n")
            self._report(number, refusal.code << 8, 0.0)
            return
        self._live[pid] = Command(number, since)
        self._ended.discard(pid)
        wanted = message["limits"]
        if isinstance(wanted, dict):
            changed = {name: value for name, value in wanted.items() if self._bounds.get(name) != value}
            changed["cpu_seconds"] = wanted["cpu_seconds"]
            limits.tighten(pid, changed, count_processes=self._count_processes)

    def _spawn(self, message: wire.Message, fds: list[int]) -> int:
        argv, env = message["argv"], message["env"]
        if not isinstance(argv, list) or not argv or not isinstance(env, dict):
            raise Refusal(NOT_FOUND, "empty command")
        cwd = str(message["cwd"])
        try:
            os.chdir(os.path.join(self._root, cwd))
        except (OSError, ValueError) as error:
            raise Refusal(NOT_RUNNABLE, f"cannot enter {cwd}: {_reason(error)}") from None
        files = list(fds)
        actions = [(os.POSIX_SPAWN_DUP2, files.pop(0), 0)] if message["stdin"] else []
        actions += [(os.POSIX_SPAWN_DUP2, files[0], 1), (os.POSIX_SPAWN_DUP2, files[1], 2)]
        try:
            return os.posix_spawn(
                _find(argv[0], env.get("PATH", "")),
                argv,
                env,
                file_actions=actions,
                setsid=True,
                setsigmask=(),
                setsigdef=_RESET,
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Refusal(NOT_FOUND, f"{argv[0]}: {_reason(error)}") from None
        except (OSError, ValueError) as error:
            raise Refusal(NOT_RUNNABLE, f"{argv[0]}: {_reason(error)}") from None

    # --- ending ----------------------------------------------------------------------------------------

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            command = self._live.pop(pid, None)
            if command is not None:
                self._ended.add(pid)
                self._report(command.id, status, usage.ru_utime + usage.ru_stime)

    def _kill(self, id: int) -> None:
        """Kill one command, its process group, and every stray process that it left below us."""
        pid = next((pid for pid, command in self._live.items() if command.id == id), None)
        if pid is None:
            return  # it has already ended
        command = self._live[pid]
        _kill_group(pid)
        others = (set(self._live) | self._ended) - {pid}
        here = os.getpid()

        def strays(members: Mapping[int, pid_scan.Member]) -> set[int]:
            return pid_scan.left_by(members, pid, command.since, beneath=here, others=others)

        _sweep(strays)
        self._reap()
        sessions = {member.session for member in pid_scan.scan().values()}
        self._ended &= sessions

    def _report(self, id: int, status: int, cpu: float) -> None:
        try:
            wire.send(self._control, {"exited": id, "status": status, "cpu": cpu})
        except OSError:
            return  # the platform has ended: the next receive reports that and ends everything


def end_descendants(*, spare: Collection[int]) -> None:
    """Kill every descendant of the calling process, except those in `spare` and their descendants."""
    here = os.getpid()

    def condemned(members: Mapping[int, pid_scan.Member]) -> set[int]:
        found = pid_scan.descendants(members, here)
        for spared in spare:
            found -= pid_scan.descendants(members, spared) | {spared}
        return found

    _sweep(condemned)


def _sweep(find: Callable[[Mapping[int, pid_scan.Member]], set[int]]) -> None:
    """Kill what `find` returns until it returns nothing."""
    for attempt in range(_SWEEPS):
        found = find(pid_scan.scan())
        if not found:
            return
        if attempt > _PATIENCE:  # killed, but still on the processor
            time.sleep(0.002)
        for pid in found:
            _kill(pid)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _wake_on_child() -> socket.socket:
    """Return a socket that becomes readable when a child ends."""
    receiver, sender = socket.socketpair()
    receiver.setblocking(False)  # noqa: FBT003 - positional only
    sender.setblocking(False)  # noqa: FBT003 - positional only
    signal.set_wakeup_fd(sender.detach(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return receiver


def _drain(wake: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        wake.recv(4096)  # bytes that are left let the next poll return immediately


def _find(name: str, path: str) -> str:
    """Return the file for `name`, found like in a shell, with the command's own PATH."""
    if "/" in name:
        return name
    for folder in path.split(":"):
        candidate = os.path.join(folder or ".", name)
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):
            return candidate
    raise FileNotFoundError("command not found")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.E2BIG:
        return "its arguments and variables together are larger than a process can be given"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _complain(fd: int, text: str) -> None:
    try:
        os.write(fd, text.encode("utf-8", "surrogateescape"))
    except (OSError, ValueError):
        return
