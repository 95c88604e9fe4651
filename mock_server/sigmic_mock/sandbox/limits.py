"""Resource limits, with the names of `ports.Limits`: per process, inherited by all its children.

Invariant: hard limits are only ever lowered. The sandbox's own limits are set once, on its first process. A
command's limits can be stricter, never wider.
"""

import resource
from collections.abc import Mapping

_RESOURCES = {
    "data_bytes": resource.RLIMIT_DATA,  # not AS: 512 MB of address space kills node at start
    "file_bytes": resource.RLIMIT_FSIZE,
    "open_files": resource.RLIMIT_NOFILE,
}

_STACK_BYTES = 16 << 20
"""A quarter of it is the room for arguments and environment: enough for 100 variables of 32 KiB."""


def confine(limits: Mapping[str, float], *, count_processes: bool) -> None:
    """Set the sandbox's limits on the calling process.

    Core files are disabled, because they would contain secrets. The limit is one byte: only with that value
    the kernel does not pipe the core to a program of the host either.
    Set `count_processes` only if the user id is private to this sandbox: RLIMIT_NPROC counts per user.
    """
    make_room_for_variables()
    _lower(0, resource.RLIMIT_CORE, 1)
    for name, kind in _RESOURCES.items():
        _lower(0, kind, int(limits[name]))
    if count_processes:
        _lower(0, resource.RLIMIT_NPROC, int(limits["processes"]))


def make_room_for_variables() -> None:
    """Allow the children of the calling process an environment as large as a task may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    room = _STACK_BYTES if hard == resource.RLIM_INFINITY else min(_STACK_BYTES, hard)
    if soft != resource.RLIM_INFINITY and soft < room:
        resource.setrlimit(resource.RLIMIT_STACK, (room, hard))


def tighten(pid: int, limits: Mapping[str, float], *, count_processes: bool) -> None:
    """Set one command's limits on its process, just after its start; does nothing if it has ended.

    CPU time is only set here. On the sandbox's first process it would add up and end the sandbox.
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
