"""Move received files into `uploads/` of a workspace that an agent may be changing at the same time.

Every step is a rename relative to an open directory: no link is followed, nothing is overwritten. Ownership
was set in staging, where no agent can replace a name by a link.
"""

import ctypes
import errno
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from os.path import samestat
from pathlib import Path

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.filenames import free_name
from sigmic_mock.storage.file_work import StopSignal
from sigmic_mock.storage.safe_open import make_accessible

UPLOADS = "uploads"
_RECORD = "placing.json"
_RENAME_NOREPLACE = 1
_ATTEMPTS = 100
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Files that are moving into the workspace of a task, for a message that may not be saved yet.

    `names` maps the entries of the staging area's `uploads/` to their names in the workspace's; None if the
    directory moves as a whole. It is written before the first entry moves. An entry that is still in the
    staging area has not moved.
    """

    task_id: str
    number: int
    """The number of the message, counted from 1."""
    names: Mapping[str, str] | None

    def write(self, area: Path) -> None:
        """Save it in the staging area, replacing an earlier one, completely or not at all."""
        draft = area / f"{_RECORD}.draft"
        draft.write_text(json.dumps(asdict(self)), "utf-8")
        draft.replace(area / _RECORD)


def place(tree: Path, workspace: Path, stop: StopSignal, number: int | None = None) -> dict[str, str]:
    """Move every entry of `tree` into `uploads/`; return the name that each one got there.

    This is one rename if the workspace has no `uploads/` yet. Otherwise entries move one by one, and if one
    cannot be moved, the earlier ones are moved back. With a message's `number`, `take_back` can undo it until
    the staging area, `tree.parent`, is removed. Raises `ApiError` CONFLICT if the agent keeps interfering.
    """

    def note(names: Mapping[str, str] | None) -> None:
        if number is not None:
            Placing(task_id=workspace.name, number=number, names=names).write(tree.parent)

    names = sorted(entry.name for entry in tree.iterdir())
    with _directory(tree.parent.name, tree.parent.parent) as source, _workspace(workspace) as target:
        for _ in range(_ATTEMPTS):
            note(None)
            try:
                rename_new(tree.name, source, UPLOADS, target)
            except FileExistsError:
                pass
            else:
                return {name: name for name in names}
            try:
                uploads = _uploads(target)
            except FileNotFoundError:
                continue
            except OSError as error:
                if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                    raise
                _move_aside(target)
                continue
            try:
                return _place_each(tree, names, uploads, stop, note)
            finally:
                os.close(uploads)
    raise ApiError(ErrorCode.CONFLICT, "The workspace's uploads folder keeps changing")


def _place_each(
    tree: Path,
    names: list[str],
    uploads: int,
    stop: StopSignal,
    note: Callable[[Mapping[str, str]], None],
) -> dict[str, str]:
    placed: dict[str, str] = {}
    with _directory(tree.name, tree.parent) as source:
        folders = {entry.name for entry in os.scandir(source) if entry.is_dir(follow_symlinks=False)}
        taken = set(os.listdir(uploads))

        def choose(name: str) -> None:
            placed[name] = free_name(name, taken, folder=name in folders)
            taken.add(placed[name])

        def choose_again(name: str) -> None:
            choose(name)
            note(placed)

        for name in names:
            choose(name)
        note(placed)
        try:
            for name in names:
                _place_one(name, source, placed, uploads, choose_again)
            stop.check()
        except BaseException:
            _move_back(placed, uploads, source)
            raise
    return placed


def _place_one(
    name: str, source: int, placed: Mapping[str, str], uploads: int, choose_again: Callable[[str], None]
) -> None:
    for _ in range(_ATTEMPTS):
        try:
            rename_new(name, source, placed[name], uploads)
        except FileExistsError:
            choose_again(name)  # the agent has created the name since
        else:
            return
    raise ApiError(ErrorCode.CONFLICT, "The workspace's uploads folder keeps changing")


def _move_back(names: Mapping[str, str], uploads: int, source: int) -> None:
    """Move the entries back that have left the staging area. Skip those that the agent has changed."""
    waiting = set(os.listdir(source))
    for name, at in names.items():
        with suppress(OSError):
            if name in waiting:
                _unlink_twin(name, source, at, uploads)
            else:
                _make_movable(at, uploads)
                rename_new(at, uploads, name, source)


def _unlink_twin(name: str, source: int, at: str, uploads: int) -> None:
    """Undo the first half of `link_new`: a file that has both names."""
    here = os.stat(name, dir_fd=source, follow_symlinks=False)
    if stat.S_ISREG(here.st_mode) and samestat(here, os.stat(at, dir_fd=uploads, follow_symlinks=False)):
        os.unlink(at, dir_fd=uploads)


def _make_movable(name: str, parent: int) -> None:
    """Allow moving a directory: that writes its `..`, which the agent may have forbidden."""
    if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        make_accessible(name, parent)


def take_back(area: Path, workspace: Path) -> None:
    """Move the files of a message back into the staging area, if there are any. Idempotent.

    Afterwards the area can be removed, and the names can be used again.
    """
    placing = read_placing(area)
    if placing is None:
        return
    try:
        _take_back(placing, area, workspace)
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            raise
        # The workspace or its `uploads/` is missing, or the agent replaced it.
    (area / _RECORD).unlink()


def _take_back(placing: Placing, area: Path, workspace: Path) -> None:
    with _directory(area.name, area.parent) as source, _workspace(workspace) as target:
        if placing.names is None:
            _move_back({UPLOADS: UPLOADS}, target, source)
            return
        uploads = _uploads(target)
        try:
            with _directory(UPLOADS, area) as tree:
                _move_back(placing.names, uploads, tree)
        finally:
            os.close(uploads)


def read_placing(area: Path) -> Placing | None:
    """Return the placing that a staging area holds; None if there is none for a message.

    A record without content does not count: a power failure may leave one, `kill -9` does not.
    """
    try:
        return Placing(**json.loads((area / _RECORD).read_text("utf-8")))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _uploads(workspace: int) -> int:
    """Open `uploads/`. Raises OSError, ENOTDIR or ELOOP if the agent replaced it."""
    make_accessible(UPLOADS, workspace)
    return os.open(UPLOADS, _DIRECTORY, dir_fd=workspace)


def _move_aside(workspace: int) -> None:
    """Rename an `uploads` that the agent made a file or a link, without changing it."""
    aside = free_name(UPLOADS, set(os.listdir(workspace)), folder=True)
    with suppress(FileNotFoundError, FileExistsError):
        rename_new(UPLOADS, workspace, aside, workspace)


def rename_new(name: str, source: int, new_name: str, target: int) -> None:
    """Rename between two open directories. Raise FileExistsError instead of replacing anything."""
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
    """Do the same as `rename_new` if the file system or the C library has no exclusive rename."""
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
    """Open a directory of ours; agents cannot reach any of its parents."""
    fd = os.open(parent / name, _DIRECTORY)
    try:
        yield fd
    finally:
        os.close(fd)
