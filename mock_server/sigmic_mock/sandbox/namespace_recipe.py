"""The `ns` backend's recipe: which parts of this machine its sandboxes see, and their user.

Invariant: outside its workspace a sandbox can read only what is listed here. The platform's data directory
must never lie below any of it.
"""

import os
import sys
from pathlib import Path

from sigmic_mock.ports import SandboxUnavailable
from sigmic_mock.sandbox import linux
from sigmic_mock.sandbox.recipe import SYSTEM_PATH, Recipe

SANDBOX_USER = 60942
"""User and group of the sandboxes of a root platform; systemd leaves 60578 to 61183 unassigned."""

_SYSTEM = ("/usr", "/nix/store", "/gnu/store")
_MERGED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Directories, or links into /usr if it is merged."""
_SETTINGS = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/pki/tls",
    "/etc/ssl",
)
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_FILES = {
    "/etc/passwd": "root:x:0:0:root:/:/usr/sbin/nologin\nagent:x:1000:1000:agent:/home/agent:/bin/sh\n",
    "/etc/group": "root:x:0:\nagent:x:1000:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def recipe(workspaces: Path, tools: Path | None = None) -> Recipe:
    """Return the recipe for this machine. Raises SandboxUnavailable if it cannot work.

    `tools` is a directory of programs that sandboxes see at its own path, if it exists.
    """
    if not linux.supported():
        raise SandboxUnavailable(
            f"needs Linux on x86_64 or aarch64, this is {sys.platform} {linux.MACHINE}; "
            "cure: run there, or take --sandbox process, which confines nothing"
        )
    trees = [path for path in (*_SYSTEM, *_SETTINGS) if Path(path).exists()]
    links = {}
    for path in _MERGED:
        if Path(path).is_symlink():
            links[path] = os.readlink(path)  # noqa: PTH115 - the text, not a resolved path
        elif Path(path).is_dir():
            trees.append(path)
    interpreter = _interpreter(trees, workspaces)
    if interpreter is not None:
        trees.append(str(interpreter))
    if tools is not None and tools.is_dir() and not any(tools.is_relative_to(tree) for tree in trees):
        trees.append(str(tools))
    for tree in trees:
        if workspaces.is_relative_to(Path(tree).resolve()):
            raise SandboxUnavailable(
                f"the workspaces lie beneath {tree}, which every sandbox reads; cure: another data directory"
            )
    owner = (SANDBOX_USER, SANDBOX_USER) if os.geteuid() == 0 and _mapped(SANDBOX_USER) else None
    return Recipe(
        name="ns",
        level="confined",
        root="/workspace",
        home="/home/agent",
        path=SYSTEM_PATH if interpreter is None else f"{SYSTEM_PATH}:{interpreter}/bin",
        owner=owner,
        workspaces=workspaces,
        namespaced=True,
        unmet={"limits": "partial: per process, and the number of processes; no total of memory or disk"},
        config={
            "backend": "ns",
            "owner": owner,
            "workspaces": str(workspaces),
            # Resolved here, because an absolute link has another meaning under the zygote's new root.
            "trees": {tree: str(Path(tree).resolve()) for tree in trees},
            "links": links,
            "devices": _DEVICES,
            "files": _FILES,
        },
    )


def _interpreter(trees: list[str], workspaces: Path) -> Path | None:
    """Return our Python's own directory if it is not part of the system, so that `python3` works inside."""
    prefix = Path(sys.base_prefix).resolve()
    inside = any(prefix.is_relative_to(tree) for tree in trees)
    return None if inside or workspaces.is_relative_to(prefix) else prefix


def _mapped(user: int) -> bool:
    """Return whether this user exists in our user namespace (a container may have only a few)."""
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _outside, count = map(int, line.split())
        if first <= user < first + count:
            return True
    return False
