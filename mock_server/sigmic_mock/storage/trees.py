"""Copy or remove a whole directory that an attacker filled, and may still be changing.

It may be 3,000 levels deep, without access rights, with a million files: so no recursion, no growing path,
and no link is followed. A copy shares no file with its original: agents write to files in place, so with a
hard link they would change the snapshot too. If the file system can, blocks are shared until one side writes.
"""

import fcntl
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import BinaryIO

from sigmic_mock.storage.file_work import StopSignal
from sigmic_mock.storage.safe_open import make_accessible, open_beneath

_MOST_ENTRIES = 200_000
"""Limits of a tree that is copied."""
_BATCH = 4096
"""Entries of a directory that are removed before more are read."""
_CLONE = 0x40049409
"""FICLONE of linux/fs.h."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class NotCopied(Exception):
    """The tree cannot be copied; the message says why."""


def copy_tree(
    source: Path,
    target: Path,
    own: Callable[[Path], None],
    stop: StopSignal,
    *,
    most_entries: int = _MOST_ENTRIES,
) -> int:
    """Copy directories, regular files and links (as links) to the new directory `target`; return the bytes.

    Left out: sockets, pipes and devices. `own` gives each copy to the user of sandboxed processes. Blocking:
    call it in a thread. Raises `NotCopied` if it is too large or too deep. Does nothing without a source.
    """
    try:
        root = os.open(source, _DIRECTORY)
    except FileNotFoundError:
        return 0
    try:
        return _Copy(root, target, own, stop, most_entries).run()
    except OSError as problem:
        raise NotCopied(f"{(problem.strerror or 'an error').lower()} in the workspace") from problem
    finally:
        os.close(root)


class _Copy:
    def __init__(
        self, root: int, target: Path, own: Callable[[Path], None], stop: StopSignal, most_entries: int
    ) -> None:
        self._most_entries = most_entries
        self._root = root
        self._target = target
        self._own = own
        self._stop = stop
        self._entries = 0
        self._bytes = 0

    def run(self) -> int:
        self._target.mkdir(mode=0o700)
        self._own(self._target)
        pending = [""]
        modes = []
        while pending:
            folder = pending.pop()
            here = open_beneath(self._root, folder or ".", _DIRECTORY, follow=False)
            try:
                modes.append((self._target / folder, os.fstat(here)))
                pending.extend(self._children(here, folder))
            finally:
                os.close(here)
        for path, seen in reversed(modes):  # inner ones first: writing into a directory changes its time
            path.chmod(stat.S_IMODE(seen.st_mode) & 0o777 | stat.S_IRWXU)
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        return self._bytes

    def _children(self, here: int, folder: str) -> list[str]:
        folders = []
        with os.scandir(here) as entries:
            for entry in entries:
                self._stop.check()
                self._entries += 1
                if self._entries > self._most_entries:
                    raise NotCopied(f"more than {self._most_entries} files in the workspace")
                path = self._target / folder / entry.name
                if entry.is_symlink():
                    path.symlink_to(os.readlink(entry.name, dir_fd=here))
                elif entry.is_dir(follow_symlinks=False):
                    make_accessible(entry.name, here)
                    path.mkdir(mode=0o700)
                    self._own(path)
                    folders.append(f"{folder}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    self._file(entry.name, here, path)
        return folders

    def _file(self, name: str, here: int, path: Path) -> None:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=here)
        with os.fdopen(fd, "rb") as original:
            seen = os.fstat(fd)
            if not stat.S_ISREG(seen.st_mode):  # swapped since it was listed
                return
            with path.open("xb") as copy:
                _fill(original, copy)
                os.fchmod(copy.fileno(), stat.S_IMODE(seen.st_mode) & 0o777)
            self._own(path)
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
            self._bytes += seen.st_size


def _fill(original: BinaryIO, copy: BinaryIO) -> None:
    try:
        fcntl.ioctl(copy.fileno(), _CLONE, original.fileno())
    except OSError:
        shutil.copyfileobj(original, copy)


def remove_tree(path: Path) -> None:
    """Remove a directory and its content. Idempotent. Blocking: call it in a thread."""
    try:
        parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        make_accessible(path.name, parent)
        top = os.open(path.name, _DIRECTORY, dir_fd=parent)
        try:
            _empty(top)
        finally:
            os.close(top)
        os.rmdir(path.name, dir_fd=parent)
    except FileNotFoundError:
        return
    finally:
        os.close(parent)


def _empty(top: int) -> None:
    token = uuid.uuid4().hex  # the agent cannot have used these names
    names = (f"{token}-{number}" for number in count())
    while entries := _some(top):
        for name, is_directory in entries:
            if is_directory:
                _lift(name, top, names)
            else:
                os.unlink(name, dir_fd=top)


def _lift(name: str, top: int, names: Iterator[str]) -> None:
    """Move the directories in `name` up to `top`, remove its files, and then itself."""
    make_accessible(name, top)
    here = os.open(name, _DIRECTORY, dir_fd=top)
    try:
        while entries := _some(here):
            for child, is_directory in entries:
                if is_directory:
                    make_accessible(child, here)  # moving a directory writes its `..`
                    os.rename(child, next(names), src_dir_fd=here, dst_dir_fd=top)
                else:
                    os.unlink(child, dir_fd=here)
    finally:
        os.close(here)
    os.rmdir(name, dir_fd=top)


def _some(directory: int) -> list[tuple[str, bool]]:
    """Return some entries of a directory (name, is a directory); none if it is empty."""
    with os.scandir(directory) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in islice(entries, _BATCH)]
