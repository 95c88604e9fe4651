"""The recipe of a backend: everything on the platform's side that differs between backends."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One backend, with its name for `--sandbox`."""

    name: str
    level: str
    """`confined` or `weak`, as in `SandboxReport`."""
    config: Mapping[str, object]
    """The zygote's configuration."""
    root: str | None = None
    """Where the workspace is mounted; None if it is used in place."""
    home: str | None = None
    """HOME; None for the workspace."""
    path: str = SYSTEM_PATH
    owner: tuple[int, int] | None = None
    """User and group of sandboxed processes, if they are not the platform's own."""
    workspaces: Path | None = None
    """Workspaces must be below this directory; None for anywhere."""
    namespaced: bool = False
    """True if killing the first process kills all; otherwise the process tree is searched."""
    unmet: Mapping[str, str] = field(default_factory=dict)
    """Property → why it is not fully enforced, regardless of the probe."""


def process_recipe() -> Recipe:
    """Return the recipe of an ordinary process tree; it works on any Unix.

    It separates environments and ends with its session. It confines nothing: a command can read and do
    everything that the platform's own user can.
    """
    unmet = {
        "filesystem": "none",
        "process": "none",
        "network": "none",
        "limits": "partial: per process only; no bound on how many",
    }
    if sys.platform != "linux":
        unmet["kill_tree"] = "partial: a daemon that leaves its session escapes"
        unmet["limits"] = "partial: set when the sandbox starts, not per command"
    return Recipe(name="process", level="weak", config={"backend": "process"}, unmet=unmet)
