"""Let the process open many files, and enlarge its table of open files before it is needed."""

import contextlib
import fcntl
import os
import resource
from pathlib import Path

_ROOM = 4096
_MOST = 65_536


def make_room_for_descriptors() -> None:
    """Raise the limit of open files, then let the kernel enlarge the table now.

    A shell's usual limit of 1024 is for programs that use `select`. Every stream needs a descriptor.

    The kernel doubles the table when it has no room for a new descriptor. In a process with threads it then
    waits until no processor can still be reading the old one (RCU): 7 to 15 ms for the thread that opens a
    file, here the event loop that accepts a connection. The table never shrinks.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(soft, _MOST if hard == resource.RLIM_INFINITY else min(_MOST, hard))
    with contextlib.suppress(OSError, ValueError):  # a system may have a lower limit than it names
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    room = min(_ROOM, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with Path(os.devnull).open("rb") as nothing:
        os.close(fcntl.fcntl(nothing.fileno(), fcntl.F_DUPFD_CLOEXEC, room - 1))
