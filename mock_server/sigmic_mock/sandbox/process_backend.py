"""The `process` backend: an ordinary fork that adopts its orphans.

Invariant: killing follows parents, not process groups, so that a daemon with its own session is found. Only a
process that outlives both the zygote and the platform escapes.
"""

import contextlib
import errno
import os
import socket
import sys

from sigmic_mock.sandbox import limits, linux, supervisor, wire


class ProcessMaker:
    """Forks supervisors; the zygote adopts the orphans of one that was killed."""

    def __init__(self) -> None:
        self._supervisors: set[int] = set()
        if sys.platform == "linux":
            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1, "become a subreaper")

    def fork(self) -> tuple[int, int | None]:
        """Return (0, None) in the new process; in the zygote its id and pidfd, if the system has them."""
        pid = os.fork()
        if pid == 0:
            return 0, None
        self._supervisors.add(pid)
        return pid, os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    def become(self, control: socket.socket, order: wire.Message) -> None:
        """Turn the new process into a supervisor; return when its sandbox has ended."""
        if sys.platform == "linux":
            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1, "become a subreaper")
            linux.rename_process("sigmic-sandbox")
        bounds = order["limits"]
        if not isinstance(bounds, dict):
            raise TypeError("limits are an object")
        limits.confine(bounds, count_processes=False)
        wire.send(control, {"ready": True})
        supervisor.Supervisor(
            control, root=str(order["workspace"]), bounds=bounds, count_processes=False
        ).serve()

    def assign(self, mounts: int, workspace: str) -> None:  # noqa: ARG002 - as every maker
        """Refuse: nothing is mounted here, so no sandbox is prepared ahead."""
        raise OSError(errno.ENOTSUP, "an ordinary tree has no separate file system")

    def sweep(self) -> None:
        """Kill what we inherited from a supervisor that was killed."""
        self._supervisors = {pid for pid in self._supervisors if _alive(pid)}
        supervisor.end_descendants(spare=self._supervisors)

    def end_everything(self) -> None:
        """Kill every process that any sandbox started."""
        supervisor.end_descendants(spare=())


def _alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
