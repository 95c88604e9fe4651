"""Resource limits, by the names of `ports.Limits`: per process, inherited by all it starts.

Rule: hard limits only ever go down. The sandbox's own are set once on its first process; those of one command
can tighten them and never widen them.
"""

import resource
from collections.abc import Mapping

_RESOURCES = {
    "data_bytes": resource.RLIMIT_DATA,  # not AS: 512 MB of address space kills node at start
    "file_bytes": resource.RLIMIT_FSIZE,
    "open_files": resource.RLIMIT_NOFILE,
}

_STACK_BYTES = 16 << 20
"""A quarter of it is the room for arguments and environment: 100 variables of 32 KiB fit."""


def confine(limits: Mapping[str, float], *, count_processes: bool) -> None:
    """Set the sandbox's limits on the calling process.

    Core files are off, as they would hold secrets: one byte, not none, because only that value also keeps the
    kernel from piping the core to a program of the host's.
    `count_processes` only where the user id is private to this sandbox: RLIMIT_NPROC counts per user.
    """
    make_room_for_variables()
    _lower(0, resource.RLIMIT_CORE, 1)
    for name, kind in _RESOURCES.items():
        _lower(0, kind, int(limits[name]))
    if count_processes:
        _lower(0, resource.RLIMIT_NPROC, int(limits["processes"]))


def make_room_for_variables() -> None:
    """Let what the calling process starts be given as large an environment as a task may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    room = _STACK_BYTES if hard == resource.RLIM_INFINITY else min(_STACK_BYTES, hard)
    if soft != resource.RLIM_INFINITY and soft < room:
        resource.setrlimit(resource.RLIMIT_STACK, (room, hard))


def tighten(pid: int, limits: Mapping[str, float], *, count_processes: bool) -> None:
    """Set one command's limits on its process, just started; a process that has ended is nobody's concern.

    CPU time is only ever set here: on the sandbox's first process it would add up and end the sandbox.
    """
    if not hasattr(resource, "prlimit"):
        return
    kinds = dict(_RESOURCES, cpu_seconds=resource.RLIMIT_CPU)
    if count_processes:
        kinds["processes"] = resource.RLIMIT_NPROC
    try:
        for name, value in limits.items():
            if name in kinds:
                _lower(pid, kinds[name], int(value))
    except (ProcessLookupError, PermissionError):
        return


def _lower(pid: int, kind: int, value: int) -> None:
    if pid == 0:
        _soft, hard = resource.getrlimit(kind)
    else:
        _soft, hard = resource.prlimit(pid, kind)
    if hard != resource.RLIM_INFINITY and hard < value:
        value = hard
    if pid == 0:
        resource.setrlimit(kind, (value, value))
    else:
        resource.prlimit(pid, kind, (value, value))
