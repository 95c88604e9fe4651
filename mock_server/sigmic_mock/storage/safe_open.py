"""Open paths inside a directory whose contents an attacker may change at the same time (G-78).

With `openat2(RESOLVE_BENEATH)` the kernel resolves a path in one step that cannot leave the directory.
Checking a path first and opening it afterwards loses races against a process that swaps a link. On kernels
before 5.6, and in container profiles without the call, a walk opens one component at a time and reads links
itself.
"""

import ctypes
import errno
import functools
import os
import stat
import sys
from collections import deque

_OPENAT2 = 437  # the same on every Linux architecture that Python 3.11 supports
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
_MAX_LINKS = 40
_ATTEMPTS = 64


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(root: int, path: str, flags: int, *, follow: bool) -> int:
    """Open `path`, relative to the directory `root` (a descriptor), for reading; return a descriptor.

    With `follow`, links are followed if their target is inside. Raises `OSError`: EXDEV if the path leaves
    the directory, ELOOP for a link that is not followed. Raises `ValueError` if the path contains NUL or
    cannot be encoded.
    """
    raw = os.fsencode(path)
    if b"\0" in raw:
        raise ValueError("a path holds NUL")
    flags |= os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
    if has_openat2():
        resolve = _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS | (0 if follow else _RESOLVE_NO_SYMLINKS)
        return _openat2(root, raw, flags, resolve)
    return walk_beneath(root, path, flags, follow=follow)


@functools.cache
def has_openat2() -> bool:
    """Return whether this kernel, and our security profile, have openat2."""
    if sys.platform != "linux":
        return False
    here = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.close(_openat2(here, b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, _RESOLVE_BENEATH))
    except OSError:
        return False
    finally:
        os.close(here)
    return True


def _openat2(root: int, path: bytes, flags: int, resolve: int) -> int:
    how = _OpenHow(flags, 0, resolve)
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    for _ in range(_ATTEMPTS):
        fd = syscall(
            ctypes.c_long(_OPENAT2),
            ctypes.c_int(root),
            ctypes.c_char_p(path),
            ctypes.byref(how),
            ctypes.c_size_t(ctypes.sizeof(how)),
        )
        if fd >= 0:
            return int(fd)
        # EAGAIN: because of a concurrent rename the kernel is unsure whether `..` still is inside.
        if ctypes.get_errno() not in {errno.EAGAIN, errno.EINTR}:
            break
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))


def walk_beneath(root: int, path: str, flags: int, *, follow: bool) -> int:
    """Do the same as `open_beneath` without openat2: each step opens one component, never through a link."""
    if path.startswith("/"):
        raise OSError(errno.EXDEV, "an absolute path leaves the directory")
    above = [os.dup(root)]  # the directories from the root to here; `..` returns to an open one
    ahead = deque(path.split("/"))
    links = 0
    try:
        while ahead:
            name = ahead.popleft()
            if name in {"", "."}:
                continue
            if name == "..":
                if len(above) == 1:
                    raise OSError(errno.EXDEV, "the path leaves the directory")
                os.close(above.pop())
                continue
            here = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above[-1])
            above.append(here)
            if stat.S_ISLNK(os.fstat(here).st_mode):
                links += 1
                target = os.readlink(b"", dir_fd=here).decode(errors="surrogateescape")
                if not follow or links > _MAX_LINKS:
                    raise OSError(errno.ELOOP, "too many links")
                if target.startswith("/"):
                    raise OSError(errno.EXDEV, "a link leaves the directory")
                os.close(above.pop())
                ahead.extendleft(reversed(target.split("/")))
        return _reopen(above[-1], flags)
    finally:
        for fd in above:
            os.close(fd)


def _reopen(place: int, flags: int) -> int:
    """Open for reading the file of an O_PATH descriptor, without resolving a name again."""
    return os.open(f"/proc/self/fd/{place}", flags & ~os.O_NOFOLLOW)


def make_accessible(name: str, parent: int) -> None:
    """Restore the owner's rights to a directory below `parent`, if they were removed; never through a link.

    Root needs no rights. An agent may have removed them from its own directories.
    """
    if os.geteuid() == 0:
        return
    place = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    try:
        mode = stat.S_IMODE(os.fstat(place).st_mode)
        if mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(f"/proc/self/fd/{place}", mode | stat.S_IRWXU)  # noqa: PTH101 - no path names it safely
    finally:
        os.close(place)
