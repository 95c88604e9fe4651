"""Workspaces whose walls a fault can open: hidden files are listed, files of the disk and of others appear.

Rule: nothing real leaves the data folder. The "disk" is a folder of decoys beside the workspaces.
"""

import os
import shutil
from pathlib import Path
from posixpath import normpath

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.storage.file_work import in_thread
from sigmic_conformance.mock_server.storage.workspaces import Artifact, Listing, OpenArtifact, Workspaces

DECOYS = {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000::/home/agent:/bin/sh\n"}


class FaultyWorkspaces(Workspaces):
    """Offers what no honest workspace does; whoever calls it has asked the faults."""

    async def list_everything(self, task_id: str) -> tuple[Artifact, ...]:
        """List its files, the hidden ones and `node_modules` too."""
        workspace = self.path(task_id)
        return await in_thread(lambda stop: _WholeListing(stop).of(workspace))

    def copy(self, source: str, target: str) -> None:
        """Copy the files of one workspace into another that exists. Blocks: call it in a thread."""
        shutil.copytree(self.path(source), self.path(target), symlinks=True, dirs_exist_ok=True)
        for folder, folders, files in os.walk(self.path(target)):
            for name in (*folders, *files):
                self.own(Path(folder, name))

    async def outside(self, task_id: str, path: str) -> tuple[str, str] | None:
        """Return how `path` leaves the workspace and where to; None when it does not, or to no file."""
        leaving = leads_out(self.path(task_id), path)
        if leaving is None:
            return None
        is_there = await in_thread(lambda _: decoy(self.root.parent, leaving[1]).is_file())
        return leaving if is_there else None

    async def open_outside(self, path: str) -> OpenArtifact:
        """Open the decoy of a file of the disk. Raises NOT_FOUND where there is none."""
        return await in_thread(lambda _: _open_decoy(decoy(self.root.parent, path)))


def holds_files(folder: Path) -> bool:
    """Return whether there is any file in a folder, at any depth. Looks at the disk, briefly."""
    return any(files for _, _, files in os.walk(folder))


class _WholeListing(Listing):
    def leaves_out(self, name: str, *, folder: bool) -> bool:  # noqa: ARG002 - nothing is left out
        return False


def decoy(data_dir: Path, path: str) -> Path:
    """Return the file that stands for `path` of the disk; the decoys are made when first asked for."""
    folder = data_dir / "decoy"
    for name, text in DECOYS.items():
        file = folder / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    return folder / normpath(f"/{path}").lstrip("/")


def _open_decoy(path: Path) -> OpenArtifact:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise ApiError(ErrorCode.NOT_FOUND) from None
    return OpenArtifact.of(fd, path.name)


def leads_out(workspace: Path, path: str) -> tuple[str, str] | None:
    """Return how a path leaves its workspace (`climbing` or `link`) and to where on the disk; None: not."""
    if path.startswith("/") or normpath(path).startswith(".."):
        return "climbing", _from_above(path)
    try:
        target = os.readlink(workspace / path)  # noqa: PTH115 - the text, not a resolved path
    except (OSError, ValueError):
        return None
    if target.startswith("/") or normpath(target).startswith(".."):
        return "link", _from_above(target)
    return None


def _from_above(path: str) -> str:
    parts = [part for part in normpath(path).split("/") if part not in {"", ".."}]
    return "/".join(parts)
