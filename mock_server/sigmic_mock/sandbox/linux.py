"""Linux system calls that Python does not offer. Each raises an OSError that names the attempted step.

Importable on any system; on others than Linux, a call raises OSError(ENOSYS). No call creates threads or runs
fork handlers: use `clone` in single-threaded processes only (the zygote).
"""

import ctypes
import errno
import os
import platform
import signal
import sys

# Of clone(2) and unshare(2).
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
_CLONE_PIDFD = 0x00001000

# Of mount(2) and umount2(2).
MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2

# Of prctl(2).
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_CAPABILITY_VERSION_3 = 0x20080522
_SET_MODE_FILTER = 1  # of seccomp(2)
_OPEN_TREE_CLONE = 1  # of open_tree(2)
_MOVE_MOUNT_F_EMPTY_PATH = 4  # of move_mount(2)
_HERE = -100  # AT_FDCWD

MACHINE = platform.machine()
_PIVOT_ROOT, _CLONE, _CAPSET, _SECCOMP = {
    "x86_64": (155, 56, 126, 317),
    "aarch64": (41, 220, 91, 277),
}.get(MACHINE, (-1, -1, -1, -1))

_OPEN_TREE, _MOVE_MOUNT = 428, 429  # the same everywhere


def supported() -> bool:
    """Return whether this module knows the call numbers of this machine."""
    return sys.platform == "linux" and _CLONE != -1


# PyDLL keeps the interpreter's lock held, so a forked child holds it itself.
_libc = ctypes.PyDLL(None, use_errno=True) if sys.platform == "linux" else None


_ZERO = ctypes.c_ulong(0)
_NO_CAPABILITIES_HEADER = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
_NO_CAPABILITIES = (ctypes.c_uint32 * 6)()


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _call(function: str, what: str, *arguments: object) -> int:
    if _libc is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), what)
    result: int = getattr(_libc, function)(*arguments)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount a new file system, bind an existing one, or remount it with other flags."""
    what = f"mount {kind or 'bind'} on {target}"
    _call("mount", what, _bytes(source), _bytes(target), _bytes(kind), ctypes.c_ulong(flags), _bytes(data))


def detach(target: str) -> None:
    """Detach a mount and all mounts below it (lazy unmount)."""
    _call("umount2", f"detach {target}", _bytes(target), MNT_DETACH)


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root and move the old root to `old`."""
    _call("syscall", f"pivot_root to {new}", _PIVOT_ROOT, _bytes(new), _bytes(old))


def unshare(flags: int) -> None:
    """Move the calling process to new namespaces, named by `flags`."""
    _call("unshare", f"unshare {flags:#x}", flags)


def clone_tree(source: str) -> int:
    """Return a descriptor of a copy of the tree at `source`, like a bind mount, but not attached yet."""
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC
    return _call("syscall", f"clone {source}", _OPEN_TREE, _HERE, _bytes(source), flags)


def attach_tree(tree: int, target: str) -> None:
    """Mount a tree from `clone_tree`."""
    what = f"attach a tree on {target}"
    _call("syscall", what, _MOVE_MOUNT, tree, b"", _HERE, _bytes(target), _MOVE_MOUNT_F_EMPTY_PATH)


def enter_mounts(namespace: int) -> None:
    """Enter the mount namespace of a descriptor; its root becomes ours."""
    _call("setns", "enter a mount namespace", namespace, CLONE_NEWNS)


def clone(namespaces: int) -> tuple[int, int]:
    """Fork into new namespaces: (0, -1) in the child, (pid, pidfd) in the parent."""
    pidfd = ctypes.c_int(-1)
    flags = ctypes.c_ulong(namespaces | _CLONE_PIDFD | signal.SIGCHLD)
    null = ctypes.c_void_p(None)
    pid = _call(
        "syscall",
        f"clone {namespaces:#x}",
        ctypes.c_long(_CLONE),
        flags,
        null,
        ctypes.byref(pidfd),
        null,
        null,
    )
    return pid, pidfd.value if pid else -1


def prctl(option: int, value: int, what: str) -> None:
    """Set one attribute of the calling process."""
    _call("prctl", what, option, ctypes.c_ulong(value), _ZERO, _ZERO, _ZERO)


def die_with_parent() -> None:
    """Let the kernel kill the calling process when the thread that started it ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, "set the parent-death signal")


def drop_capabilities() -> None:
    """Drop every capability, and prevent gaining one by executing a file."""
    capability = 0
    try:
        while True:
            prctl(PR_CAPBSET_DROP, capability, "drop a capability")
            capability += 1
    except OSError as error:
        if error.errno != errno.EINVAL or not capability:  # after the last capability that this kernel knows
            raise
    _call("syscall", "capset", _CAPSET, _NO_CAPABILITIES_HEADER, _NO_CAPABILITIES)
    prctl(PR_SET_NO_NEW_PRIVS, 1, "set no_new_privs")


def install_filter(program: bytes) -> None:
    """Install a seccomp program (struct sock_filter, 8 bytes each) on the calling thread."""
    what = "install the seccomp filter"
    _call("syscall", what, _SECCOMP, _SET_MODE_FILTER, 0, ctypes.byref(_Program(len(program) // 8, program)))


def rename_process(name: str) -> None:
    """Replace our command line in ps and /proc/<pid>/cmdline, which may contain host paths, by `name`."""
    prctl(PR_SET_NAME, ctypes.cast(ctypes.c_char_p(name.encode()), ctypes.c_void_p).value or 0, "rename")
    with open("/proc/self/stat", "rb") as file:
        text = file.read()
    fields = text[text.rfind(b")") + 2 :].split()
    start, end = int(fields[45]), int(fields[46])
    if 0 < start < end:
        ctypes.memset(start, 0, end - start)
        ctypes.memmove(start, name.encode()[: end - start - 1], min(len(name), end - start - 1))
