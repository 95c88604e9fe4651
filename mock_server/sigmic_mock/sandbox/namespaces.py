"""The `ns` backend: fork into new namespaces and drop every privilege, irreversibly.

The constructor runs once, in the zygote; `become` runs in every new process. Invariant: the order of steps.
Mounts come before the sandbox's own user namespace (which locks them), limits after it (it counts processes
separately), the filter after everything that it refuses, and no program of the tools runs before the end.
A spare is confined before it has a workspace, and sees none. It can no longer mount one, so the zygote
does, from outside. Before that the platform sends it no command.
"""

import os
import socket

from sigmic_mock.sandbox import limits, linux, rootfs, seccomp, supervisor, wire

_NAMESPACES = (
    linux.CLONE_NEWPID
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWCGROUP
    | linux.CLONE_NEWNET
)
_USER_INSIDE = 1000
_NOTIFICATIONS = 32
"""Inotify instances of one sandbox; the account has 128 unless the host changes that."""
_MOUNTS = "/proc/self/ns/mnt"
_PRIVATE_NOEXEC = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
_PRIVATE = linux.MS_NOSUID | linux.MS_NODEV


class NamespaceMaker:
    """Moves the zygote into separate namespaces, then forks sandboxes from it."""

    def __init__(self, config: wire.Message) -> None:
        plan = rootfs.RootLayout(config)
        owner = config["owner"]
        if isinstance(owner, list):
            plan = rootfs.stage(plan)
            _become_user(owner[0], owner[1])
        user, group = os.geteuid(), os.getegid()
        linux.die_with_parent()  # after the change of user, which would clear it
        linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS)
        _map_user(plan.proc, inside=0, user=user, group=group)
        rootfs.build(plan)
        self._filter = seccomp.program(linux.MACHINE)
        self._count_processes = _release() >= (
            5,
            14,
        )  # before, the kernel counts per account of the whole machine

    def fork(self) -> tuple[int, int | None]:
        """Return (0, None) in the new first process; in the zygote the process's id and pidfd."""
        pid, pidfd = linux.clone(_NAMESPACES)
        return (pid, pidfd) if pid else (0, None)

    def become(self, control: socket.socket, order: wire.Message) -> None:
        """Confine the new process to one workspace, or none yet, and supervise its commands."""
        bounds, workspace = order["limits"], order["workspace"]
        if not isinstance(bounds, dict):
            raise TypeError("limits are an object")
        linux.die_with_parent()
        os.setsid()
        linux.rename_process("sigmic-sandbox")
        _furnish()
        if workspace is not None:
            linux.mount(f"{rootfs.ALL_WORKSPACES}/{workspace}", rootfs.WORKSPACE, None, linux.MS_BIND)
            _make_private()
        linux.detach(rootfs.ALL_WORKSPACES)
        linux.unshare(linux.CLONE_NEWUSER)
        _map_user("/proc", inside=_USER_INSIDE, user=0, group=0)
        _bound_notifications()
        limits.confine(bounds, count_processes=self._count_processes)
        linux.drop_capabilities()
        linux.install_filter(self._filter)
        linux.prctl(linux.PR_SET_DUMPABLE, 0, "hide the first process's memory")
        _say_ready(control, with_mounts=workspace is None)
        supervisor.Supervisor(
            control, root=rootfs.WORKSPACE, bounds=bounds, count_processes=self._count_processes
        ).serve()

    def assign(self, mounts: int, workspace: str) -> None:
        """Mount the workspace in a spare's file system, in which no tool has run yet."""
        tree = linux.clone_tree(f"{rootfs.ALL_WORKSPACES}/{workspace}")
        try:
            with open(_MOUNTS, "rb", buffering=0) as home:
                linux.enter_mounts(mounts)
                try:
                    linux.attach_tree(tree, rootfs.WORKSPACE)
                    _make_private()
                finally:
                    _return(home.fileno())
        finally:
            os.close(tree)

    def sweep(self) -> None:
        """Do nothing: a namespace ends with its first process."""

    def end_everything(self) -> None:
        """Do nothing: every first process, and its namespace, dies with the zygote."""


def _furnish() -> None:
    """Give the calling process private views: processes, /tmp, terminals, a host name."""
    linux.mount("proc", "/proc", "proc", _PRIVATE_NOEXEC)
    linux.mount("tmpfs", "/tmp", "tmpfs", _PRIVATE, "size=64m,nr_inodes=4096,mode=1777")  # noqa: S108 - its own
    linux.mount("tmpfs", "/dev/shm", "tmpfs", _PRIVATE_NOEXEC, "size=16m,mode=1777")  # noqa: S108 - its own
    linux.mount(
        "devpts", "/dev/pts", "devpts", linux.MS_NOSUID | linux.MS_NOEXEC, "newinstance,ptmxmode=0666"
    )
    socket.sethostname("sandbox")
    os.mkdir(rootfs.HOME_TARGET, 0o700)


def _bound_notifications() -> None:
    """Limit the inotify instances of one sandbox, which the kernel counts for the whole account."""
    try:
        with open("/proc/sys/user/max_inotify_instances", "wb", buffering=0) as file:
            file.write(b"%d" % _NOTIFICATIONS)
    except OSError:
        return  # the kernel lacks the setting, or it is read-only in this container


def _make_private() -> None:
    """Remount the workspace so that it grants no privileges and no devices."""
    linux.mount(None, rootfs.WORKSPACE, None, linux.MS_REMOUNT | linux.MS_BIND | _PRIVATE)


def _say_ready(control: socket.socket, *, with_mounts: bool) -> None:
    mounts = [os.open(_MOUNTS, os.O_RDONLY)] if with_mounts else []
    wire.send(control, {"ready": True}, mounts)
    for fd in mounts:
        os.close(fd)


def _return(home: int) -> None:
    """Move the zygote back, or end it. Otherwise its next forks would see one sandbox's file system."""
    try:
        linux.enter_mounts(home)
    except OSError:
        os._exit(1)


def _become_user(user: int, group: int) -> None:
    """Stop being root: root's processes escape RLIMIT_NPROC, and its files have no private owner."""
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    # The change gave /proc/self to root; the maps below must be writable again.
    linux.prctl(linux.PR_SET_DUMPABLE, 1, "keep /proc/self ours")


def _map_user(proc: str, *, inside: int, user: int, group: int) -> None:
    """Give the calling process's new user namespace its only user and group."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inside} {user} 1"),
        ("gid_map", f"{inside} {group} 1"),
    ):
        try:
            with open(f"{proc}/self/{name}", "wb", buffering=0) as file:
                file.write(text.encode())
        except OSError as error:
            raise OSError(error.errno, error.strerror, f"user id map ({name})") from error


def _release() -> tuple[int, int]:
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int("".join(digit for digit in minor if digit.isdigit()))
