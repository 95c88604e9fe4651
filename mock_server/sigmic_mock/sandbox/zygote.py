"""The process that creates sandboxes: small, single-threaded, started once, forked for each.

It is started with an empty environment, its socket as standard input and no other open file; its
configuration arrives over that socket. Forking it is quick whatever the size of the platform's process, and
its children contain nothing of the platform's memory. It ends, with every sandbox, when the platform does.

Frames in: the configuration (first); `{"create": n, "workspace", "limits"}` with the sandbox's control
socket; `{"assign": n, "workspace"}` with a spare's mount namespace; `{"sweep": n}`.
Frames out: `{"ready": true}` or `{"failed": why}`; `{"created": n}` with a pidfd if the system has them;
`{"assigned": n}`; `{"swept": n}`. The sandbox itself sends `{"ready": true}` or `{"failed": why}` on its own
control socket. If it was created without a workspace, it is a spare and also sends its mount namespace.
"""

import contextlib
import gc
import os
import signal
import socket
import sys
from typing import Protocol

from sigmic_mock.sandbox import linux, wire
from sigmic_mock.sandbox.process_backend import ProcessMaker


def main() -> None:
    """Serve the socket on file descriptor 0 until its other end is closed."""
    control = socket.socket(fileno=os.dup(0))
    _stand_alone()
    config, _fds = wire.receive(control)
    if config is None:
        return
    try:
        maker = _prepare(config)
    except OSError as error:
        wire.send(control, {"failed": str(error)})
        return
    gc.collect()
    gc.freeze()  # a forked child's collector would touch, and so copy, every page
    gc.disable()
    wire.send(control, {"ready": True})
    Zygote(control, maker).serve()


class Maker(Protocol):
    """How a backend creates a first process."""

    def fork(self) -> tuple[int, int | None]:
        """Return 0 in the new process; in the zygote its id and a pidfd, if the system has them."""

    def become(self, control: socket.socket, order: wire.Message) -> None:
        """Turn the new process into the sandbox; return when the sandbox has ended."""

    def assign(self, mounts: int, workspace: str) -> None:
        """Mount the workspace in a spare's mount namespace, given by the descriptor `mounts`."""

    def sweep(self) -> None:
        """Kill the processes left by a sandbox that ended on its own."""

    def end_everything(self) -> None:
        """Kill all sandboxes, because the platform has ended."""


class Zygote:
    """Answers frames in sequence; never returns in a process that it forked."""

    def __init__(self, control: socket.socket, maker: Maker) -> None:
        self._control = control
        self._maker = maker

    def serve(self) -> None:
        """Create sandboxes until the platform ends, then end those that are left."""
        while True:
            try:
                message, fds = wire.receive(self._control)
            except (OSError, wire.BrokenFrame):
                break
            if message is None:
                break
            if "create" in message:
                self._create(message, fds)
            elif "assign" in message:
                self._assign(message, fds)
            elif "sweep" in message:
                self._maker.sweep()
                wire.send(self._control, {"swept": message["sweep"]})
        self._maker.end_everything()

    def _create(self, message: wire.Message, fds: list[int]) -> None:
        sandbox_control = socket.socket(fileno=fds[0])
        try:
            pid, pidfd = self._maker.fork()
        except OSError as error:
            sandbox_control.close()
            wire.send(self._control, {"created": message["create"], "failed": str(error)})
            return
        if pid == 0:
            self._control.close()
            _be_a_sandbox(self._maker, sandbox_control, message)
        sandbox_control.close()
        wire.send(self._control, {"created": message["create"]}, [] if pidfd is None else [pidfd])
        if pidfd is not None:
            os.close(pidfd)

    def _assign(self, message: wire.Message, fds: list[int]) -> None:
        answer: wire.Message = {"assigned": message["assign"]}
        try:
            self._maker.assign(fds[0], str(message["workspace"]))
        except OSError as error:
            answer["failed"] = str(error)
        finally:
            os.close(fds[0])
        wire.send(self._control, answer)


def _be_a_sandbox(maker: Maker, control: socket.socket, order: wire.Message) -> None:
    """Run as a sandbox's first process and exit: never return into the zygote's code."""
    try:
        maker.become(control, order)
    except (OSError, ValueError, TypeError, KeyError) as error:
        with contextlib.suppress(OSError):
            wire.send(control, {"failed": str(error)})
    finally:
        os._exit(0)


def _prepare(config: wire.Message) -> Maker:
    if sys.platform == "linux":
        linux.rename_process("sigmic-zygote")
    if config["backend"] == "process":
        return ProcessMaker()
    from sigmic_mock.sandbox.namespaces import NamespaceMaker  # noqa: PLC0415 - Linux only

    return NamespaceMaker(config)


def _stand_alone() -> None:
    """Keep nothing of the parent: standard streams, signals, working directory."""
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    os.chdir("/")
    os.umask(0o022)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps: no zombies, no bookkeeping
