"""The workspace of each task: `<data_dir>/workspaces/<task id>/`, kept after the session has ended.

The sandbox's user may write there at any time: nothing in it is trusted, no link in it leads outside (G-78).
"""

import errno
import heapq
import logging
import os
import re
import stat
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Self

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.media_types import media_type
from sigmic_mock.runtime.failing_parts import log_failure
from sigmic_mock.storage.file_work import StopSignal, in_thread, to_the_end
from sigmic_mock.storage.safe_open import make_accessible, open_beneath
from sigmic_mock.storage.trees import remove_tree

MAX_LISTED = 10_000
MAX_SCANNED = 200_000
"""Directory entries read for one listing; an agent can create more than is worth waiting for."""

_MAX_PATH_BYTES = 4095
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY
_LEFT_OUT = "node_modules"
_SHOWN_CHARACTERS = 200
_TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO})
"""Errors of opening that do not depend on the path."""

_RETIRED = "gone-"
"""The prefix of the workspace of a removed task."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file of a workspace: `path` relative to it, `size` in bytes, `modified_at` in epoch ms."""

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

    @classmethod
    def of(cls, fd: int, path: str) -> Self:
        """Return the regular file open at `fd`, named after the end of `path`. Raises NOT_FOUND."""
        seen = os.fstat(fd)
        if not stat.S_ISREG(seen.st_mode):
            os.close(fd)
            raise _no_file(path)
        name = path.rpartition("/")[2]
        return cls(
            name=name,
            size=seen.st_size,
            mime_type=media_type(name).mime_type,
            modified_at=seen.st_mtime_ns // 1_000_000,
            # The time of change, not of modification, because an agent can set the latter.
            etag=f'"{seen.st_ino:x}-{seen.st_size:x}-{seen.st_ctime_ns:x}"',
            file=os.fdopen(fd, "rb"),
        )


class Workspaces:
    """All workspaces under `root`; `own` gives a directory to the user of sandboxed processes."""

    def __init__(self, root: Path, own: Callable[[Path], None], *, most_listed: int = MAX_LISTED) -> None:
        self._most_listed = most_listed
        self.root = root
        self.own = own

    def create(self, task_id: str) -> Path:
        """Create the task's workspace, or return the existing one. Only its owner may enter."""
        path = self.path(task_id)
        self.root.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        # Even if it exists: another thread, or a server that crashed, may only have created it.
        self.own(path)
        return path

    def path(self, task_id: str) -> Path:
        """Return the path of the task's workspace, which may not exist."""
        if not _TASK_ID.fullmatch(task_id):
            raise ApiError(ErrorCode.NOT_FOUND)
        return self.root / task_id

    async def list(self, task_id: str) -> tuple[Artifact, ...]:
        """List its files sorted by path, at most 10,000 (G-81); none if there is no workspace.

        Left out: hidden files and directories, `node_modules` (G-80), links, everything that is not a regular
        file, and names that are not UTF-8, which JSON cannot contain.
        """
        workspace = self.path(task_id)
        return await in_thread(lambda stop: Listing(stop, self._most_listed).of(workspace))

    async def open(self, task_id: str, path: str) -> OpenArtifact:
        """Open one regular file for reading, listed or not. Raises NOT_FOUND for all else (G-78, G-79).

        Links are followed if they stay inside the workspace.
        """
        workspace = self.path(task_id)
        return await in_thread(lambda _: _open(workspace, path))

    async def remove(self, task_id: str) -> None:
        """Remove a workspace with any modes and depth. Idempotent."""
        path = self.path(task_id)
        await to_the_end(lambda: remove_tree(path))

    def retire(self, task_ids: Iterable[str]) -> tuple[str, ...]:
        """Rename workspaces, so that their tasks' ids can be used again; return what to `remove`.

        This takes a few microseconds each. Processes that still run there continue in the renamed directory.
        """
        root, group = str(self.root), uuid.uuid4().hex
        # Most tasks never had a file: one listing is faster than a system call for each.
        there: set[str] = set()
        with suppress(FileNotFoundError):
            there.update(os.listdir(root))  # noqa: PTH208 - names are compared, no path is made of them
        moved = []
        for number, task_id in enumerate(each for each in task_ids if each in there):
            name = f"{_RETIRED}{group}-{number}"
            with suppress(FileNotFoundError):
                os.rename(f"{root}/{task_id}", f"{root}/{name}")  # noqa: PTH104 - thousands of them, at once
                moved.append(name)
        return tuple(moved)

    async def set_aside(self) -> tuple[Path, int] | None:
        """Move all workspaces of tasks into a new directory next to `root`; return it and their number."""
        return await to_the_end(lambda: _set_aside(self.root))

    async def remove_orphans(self, known: AbstractSet[str]) -> None:
        """Remove every workspace whose task id is not in `known`. Call once at start."""
        await to_the_end(lambda: _remove_orphans(self.root, known))


def _open(workspace: Path, path: str) -> OpenArtifact:
    if not path or path.endswith("/") or ".." in path.split("/"):
        raise _no_file(path)
    try:
        root = os.open(workspace, _DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fd = open_beneath(root, path, os.O_RDONLY, follow=True)
        finally:
            os.close(root)
    except ValueError:  # NUL, or an impossible file name
        raise _no_file(path) from None
    except OSError as error:
        if error.errno in _EXHAUSTED:
            raise
        raise _no_file(path) from None
    return OpenArtifact.of(fd, path)


def _no_file(path: str) -> ApiError:
    return ApiError(ErrorCode.NOT_FOUND, f"This task has no file {path[:_SHOWN_CHARACTERS]!r}")


class Listing:
    """Lists a whole workspace, without recursion or open directories. Blocking: use it in a thread."""

    def __init__(self, stop: StopSignal, most: int) -> None:
        self._stop = stop
        self._most = most

    def of(self, workspace: Path) -> tuple[Artifact, ...]:
        """Return the files in the order of their paths."""
        try:
            root = os.open(workspace, _DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return ()
        try:
            return tuple(islice(self._artifacts(root), self._most))
        finally:
            os.close(root)

    def leaves_out(self, name: str, *, folder: bool) -> bool:
        """True for a name that is neither listed nor entered (G-80)."""
        return name.startswith(".") or (folder and name == _LEFT_OUT)

    def _artifacts(self, root: int) -> Iterator[Artifact]:
        """Yield the files below `root`.

        A directory sorts as its name and a slash, so the order of the walk is the order of the paths.
        """
        pending: list[Artifact | str] = [""]
        scanned = found = 0
        while pending and scanned < MAX_SCANNED:
            self._stop.check()
            item = pending.pop()
            if isinstance(item, Artifact):
                found += 1
                yield item
                continue
            with suppress(OSError):  # removed, made inaccessible or swapped for a link: not listed
                directory = open_beneath(root, item or ".", _DIRECTORY, follow=False)
                try:
                    looked_at, children = self._children(
                        directory, item, self._most - found, MAX_SCANNED - scanned
                    )
                finally:
                    os.close(directory)
                scanned += looked_at
                pending.extend(reversed(children))

    def _children(
        self, directory: int, prefix: str, wanted: int, scan: int
    ) -> tuple[int, list[Artifact | str]]:
        """Return how many entries were read, and their files and directories (`prefix/name/`)."""
        looked_at = 0
        files, folders = [], []
        with os.scandir(directory) as entries:
            for entry in islice(entries, scan):
                looked_at += 1
                is_folder = entry.is_dir(follow_symlinks=False)
                if self.leaves_out(entry.name, folder=is_folder) or not _listable(prefix + entry.name):
                    continue
                if is_folder:
                    folders.append(f"{prefix}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    files.append(entry.name)
        children: list[Artifact | str] = [*folders]
        for name in heapq.nsmallest(wanted, files):
            with suppress(OSError):
                seen = os.stat(name, dir_fd=directory, follow_symlinks=False)
                if stat.S_ISREG(seen.st_mode):
                    children.append(_artifact(prefix + name, name, seen))
        return looked_at, sorted(children, key=lambda child: child if isinstance(child, str) else child.path)


def _artifact(path: str, name: str, seen: os.stat_result) -> Artifact:
    kind = media_type(name)
    return Artifact(
        name=name,
        path=path,
        size=seen.st_size,
        mime_type=kind.mime_type,
        category=kind.category,
        modified_at=seen.st_mtime_ns // 1_000_000,
    )


def _listable(path: str) -> bool:
    """Return whether a path can be written in JSON, and be opened again."""
    try:
        return len(path.encode()) <= _MAX_PATH_BYTES
    except UnicodeEncodeError:
        return False


def _set_aside(root: Path) -> tuple[Path, int] | None:
    entries = root.iterdir() if root.is_dir() else ()
    found = [path for path in entries if path.is_dir() and not path.name.startswith(_RETIRED)]
    if not found:
        return None
    aside = Path(tempfile.mkdtemp(prefix="workspaces-without-tasks-", dir=root.parent))
    parent = os.open(root, _DIRECTORY | os.O_CLOEXEC)
    try:
        for path in found:
            make_accessible(path.name, parent)  # moving a directory writes its `..`
            path.rename(aside / path.name)
    finally:
        os.close(parent)
    return aside, len(found)


def _remove_orphans(root: Path, known: AbstractSet[str]) -> None:
    if not root.is_dir():
        return
    for path in sorted(root.iterdir()):
        if path.name in known:
            continue
        try:
            remove_tree(path)
        except OSError as problem:
            log_failure(_log, problem, "an orphaned workspace could not be removed: %s", path.name)
