"""The workspace of each task: `<data_dir>/workspaces/<task id>/`, preserved after the session (S-08).

The sandbox's user writes there while we read: nothing in it is trusted, no link in it is followed out.
"""

from collections.abc import Callable, Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file of a workspace: `path` relative to it, `size` in bytes, `modified_at` in ms since the epoch."""

    name: str
    path: str
    size: int
    mime_type: str
    category: str
    modified_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenArtifact:
    """A file opened for download. All values are of the open `file`, which the receiver closes.

    Send exactly `size` bytes: the agent may be writing. `etag` is a strong validator with its quotes.
    """

    name: str
    size: int
    mime_type: str
    modified_at: int
    etag: str
    file: BinaryIO


class Workspaces:
    """All workspaces under `root`; `own` gives a directory to the user that sandboxed processes run as."""

    def __init__(self, root: Path, own: Callable[[Path], None]) -> None:
        self.root = root
        self.own = own

    def create(self, task_id: str) -> Path:
        """Create the task's workspace, or return the one it has."""
        raise NotImplementedError

    def path(self, task_id: str) -> Path:
        """Return where the task's workspace is; it need not exist."""
        raise NotImplementedError

    async def list(self, task_id: str) -> tuple[Artifact, ...]:
        """List its files sorted by path (G-80, G-81); none when there is no workspace."""
        raise NotImplementedError

    async def open(self, task_id: str, path: str) -> OpenArtifact:
        """Open one regular file for reading. Raises NOT_FOUND for everything else (G-78, G-79)."""
        raise NotImplementedError

    async def remove(self, task_id: str) -> None:
        """Remove a workspace, whatever the agent did to its modes and depth; idempotent."""
        raise NotImplementedError

    async def remove_orphans(self, known: AbstractSet[str]) -> None:
        """Remove every workspace whose task id is not in `known`. Call once at start."""
        raise NotImplementedError
