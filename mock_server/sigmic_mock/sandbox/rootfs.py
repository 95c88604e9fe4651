"""The file system that sandboxes see: a small tmpfs with read-only views of the system.

The zygote creates it once; the kernel copies every mount into each sandbox's mount namespace. Invariant: of
the host, only what the plan lists stays mounted, and each sandbox detaches `ALL_WORKSPACES` before its
tools start.
"""

import os

from sigmic_mock.sandbox import linux, wire

WORKSPACE = "/workspace"
ALL_WORKSPACES = "/.workspaces"
HOME_TARGET = "/tmp/.home"  # noqa: S108 - inside the sandbox, on its own tmpfs

_MOUNT_POINTS = ("proc", "tmp", "dev/shm", "dev/pts", "workspace", "home", "etc")
_READ_ONLY = linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV


class RootLayout:
    """What to show, and where each part is now (`sources`: path inside → path that can be bound)."""

    def __init__(self, config: wire.Message) -> None:
        self.trees = _table(config["trees"])
        self.devices = [f"/dev/{name}" for name in _list(config["devices"])]
        self.links = _table(config["links"])
        self.files = _table(config["files"])
        self.workspaces = str(config["workspaces"])
        self.proc = "/proc"
        self.sources = {**self.trees, **{path: path for path in self.devices}}
        self.sources["/proc"] = "/proc"
        self.sources[ALL_WORKSPACES] = self.workspaces
        self.staged = False


def stage(plan: RootLayout) -> RootLayout:
    """As root, bind every source where an unprivileged user can reach it, even below private directories."""
    linux.unshare(linux.CLONE_NEWNS)
    _enter_tmpfs()
    os.mkdir("/source")
    for number, (path, source) in enumerate(plan.sources.items()):
        target = f"/source/{number}"
        _mount_point_like(f"/host{source}", target)
        linux.mount(f"/host{source}", target, None, linux.MS_BIND | linux.MS_REC)
        plan.sources[path] = target
    os.mkdir("/new")
    linux.detach("/host")
    plan.proc = plan.sources["/proc"]
    plan.staged = True
    return plan


def build(plan: RootLayout) -> None:
    """In the zygote's own user and mount namespaces: build the root and move into it."""
    if plan.staged:
        linux.mount(None, "/", None, linux.MS_PRIVATE | linux.MS_REC)
        prefix = ""
    else:
        _enter_tmpfs()
        os.mkdir("/new")
        prefix = "/host"
    linux.mount("tmpfs", "/new", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=0755")
    for name in _MOUNT_POINTS:
        os.makedirs(f"/new/{name}", 0o755, exist_ok=True)
    for path, source in plan.sources.items():
        target = f"/new{path}"
        os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
        _mount_point_like(prefix + source, target)
        linux.mount(prefix + source, target, None, linux.MS_BIND | linux.MS_REC)
    for path, target in plan.links.items():
        os.symlink(target, f"/new{path}")
    for path, text in plan.files.items():
        with open(f"/new{path}", "w") as file:
            file.write(text)
    for name, target in _LINKS.items():
        os.symlink(target, f"/new{name}")
    _forbid_writing(prefix + plan.proc, [f"/new{path}" for path in plan.trees])
    os.chdir("/new")
    linux.pivot_root(".", ".")
    linux.detach(".")
    os.chdir("/")
    linux.mount(None, "/", None, linux.MS_REMOUNT | linux.MS_BIND | _READ_ONLY)


_LINKS = {
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
    "/dev/ptmx": "pts/ptmx",
    "/home/agent": HOME_TARGET,
}


def _enter_tmpfs() -> None:
    """Mount a tmpfs as the root and the host's whole tree at /host, in our mount namespace only."""
    linux.mount(None, "/", None, linux.MS_PRIVATE | linux.MS_REC)
    # /tmp exists on every system, and only we see what is mounted there.
    base = "/tmp"  # noqa: S108 - a mount point, no file of ours
    linux.mount("tmpfs", base, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=0755")
    os.mkdir(f"{base}/host")
    linux.pivot_root(base, f"{base}/host")
    os.chdir("/")


def _mount_point_like(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, 0o755, exist_ok=True)
    elif not os.path.exists(target):
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))


def _forbid_writing(proc: str, trees: list[str]) -> None:
    """Remount the trees, and every mount inside them, read-only (a bind alone ignores the flag)."""
    with open(f"{proc}/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        mounted = [_unescape(line.split(" ")[4]) for line in file]
    for point in mounted:
        if any(point == tree or point.startswith(f"{tree}/") for tree in trees):
            kept = os.statvfs(point).f_flag & os.ST_NOEXEC  # locked: leaving it out would be refused
            noexec = linux.MS_NOEXEC if kept else 0
            linux.mount(None, point, None, linux.MS_REMOUNT | linux.MS_BIND | _READ_ONLY | noexec)


def _unescape(text: str) -> str:
    """Decode the kernel's octal escapes of space, tab, newline and backslash."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return value


def _table(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError("an object is expected")
    return {str(key): str(item) for key, item in value.items()}
