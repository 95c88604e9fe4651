"""Enlarge the process's table of open files before it is needed."""

import fcntl
import os
import resource
from pathlib import Path

_ROOM = 4096


def make_room_for_descriptors() -> None:
    """Let the kernel enlarge the table of open files now.

    The kernel doubles the table when it has no room for a new descriptor. In a process with threads it then
    waits until no processor can still be reading the old one (RCU): 7 to 15 ms for the thread that opens a
    file, here the event loop that accepts a connection. The table never shrinks.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    room = _ROOM if most == resource.RLIM_INFINITY else min(_ROOM, most)
    with Path(os.devnull).open("rb") as nothing:
        os.close(fcntl.fcntl(nothing.fileno(), fcntl.F_DUPFD_CLOEXEC, room - 1))
