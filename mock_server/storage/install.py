"""Moving received files into `uploads/` of a workspace that an agent may be changing at the same moment.

Everything is a rename relative to an open directory: no link is followed, nothing is overwritten. Ownership
was given in staging, where no agent can swap a name for a link.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.filenames import free_name
from sigmic_conformance.mock_server.storage.file_work import StopSignal
from sigmic_conformance.mock_server.storage.safe_open import make_accessible

UPLOADS = "uploads"
_RENAME_NOREPLACE = 1
_ATTEMPTS = 100
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def install_uploads(tree: Path, workspace: Path, stop: StopSignal) -> dict[str, str]:
    """Move every entry of `tree` into `uploads/`; return the name that each one got there.

    In one rename when the workspace has no `uploads/` yet. Otherwise entry by entry, and when one cannot be
    moved those before it are taken back. Raises `ApiError` CONFLICT when the agent keeps getting in the
    way.
    """
    names = sorted(entry.name for entry in tree.iterdir())
    with _directory(tree.parent.name, tree.parent.parent) as source, _workspace(workspace) as target:
        for _ in range(_ATTEMPTS):
            try:
                rename_new(tree.name, source, UPLOADS, target)
            except FileExistsError:
                pass
            else:
                return {name: name for name in names}
            try:
                make_accessible(UPLOADS, target)
                uploads = os.open(UPLOADS, _DIRECTORY, dir_fd=target)
            except FileNotFoundError:
                continue
            except OSError as error:
                if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                    raise
                _move_aside(target)
                continue
            try:
                return _install_each(tree, names, uploads, stop)
            finally:
                os.close(uploads)
    raise ApiError(ErrorCode.CONFLICT, "The workspace's uploads folder keeps changing")


def _install_each(tree: Path, names: list[str], uploads: int, stop: StopSignal) -> dict[str, str]:
    placed: dict[str, str] = {}
    with _directory(tree.name, tree.parent) as source:
        folders = {entry.name for entry in os.scandir(source) if entry.is_dir(follow_symlinks=False)}
        try:
            taken = set(os.listdir(uploads))
            for name in names:
                placed[name] = _install_one(name, source, uploads, taken, folder=name in folders)
            stop.check()
        except BaseException:
            for name, at in placed.items():
                with suppress(OSError):  # gone: the agent was faster, and nothing of ours is left
                    rename_new(at, uploads, name, source)
            raise
    return placed


def _install_one(name: str, source: int, uploads: int, taken: set[str], *, folder: bool) -> str:
    for _ in range(_ATTEMPTS):
        free = free_name(name, taken, folder=folder)
        taken.add(free)
        try:
            rename_new(name, source, free, uploads)
        except FileExistsError:
            continue
        return free
    raise ApiError(ErrorCode.CONFLICT, "The workspace's uploads folder keeps changing")


def _move_aside(workspace: int) -> None:
    """The agent made `uploads` a file or a link: keep what it made under another name, as it is."""
    aside = free_name(UPLOADS, set(os.listdir(workspace)), folder=True)
    with suppress(FileNotFoundError, FileExistsError):
        rename_new(UPLOADS, workspace, aside, workspace)


def rename_new(name: str, source: int, new_name: str, target: int) -> None:
    """Rename between two open directories; raise FileExistsError instead of replacing anything."""
    libc = ctypes.CDLL(None, use_errno=True)
    rename = getattr(libc, "renameat2", None)
    if rename is not None:
        old, new = os.fsencode(name), os.fsencode(new_name)
        if rename(source, old, target, new, _RENAME_NOREPLACE) == 0:
            return
        number = ctypes.get_errno()
        if number not in {errno.ENOSYS, errno.EINVAL}:
            raise OSError(number, os.strerror(number), new_name)
    link_new(name, source, new_name, target)


def link_new(name: str, source: int, new_name: str, target: int) -> None:
    """Do as `rename_new` where the file system or the C library has no exclusive rename."""
    if stat.S_ISDIR(os.stat(name, dir_fd=source, follow_symlinks=False).st_mode):
        os.mkdir(new_name, dir_fd=target)
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)  # replaces an empty directory only
    else:
        os.link(name, new_name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        os.unlink(name, dir_fd=source)


@contextmanager
def _workspace(path: Path) -> Iterator[int]:
    with _directory(path.parent.name, path.parent.parent) as parent:
        make_accessible(path.name, parent)
    with _directory(path.name, path.parent) as workspace:
        yield workspace


@contextmanager
def _directory(name: str, parent: Path) -> Iterator[int]:
    """Open a directory of ours; none of its parents is within an agent's reach."""
    fd = os.open(parent / name, _DIRECTORY)
    try:
        yield fd
    finally:
        os.close(fd)
