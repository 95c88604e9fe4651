"""Removing a directory that somebody hostile filled: 3,000 levels deep, without rights, a million files.

No recursion and no path that grows: a directory inside a directory is first moved up to the top, then emptied
there. Nothing is followed.
"""

import os
import uuid
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from sigmic_conformance.mock_server.storage.beneath import make_accessible

_BATCH = 4096
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: Path) -> None:
    """Remove a directory and all below it; idempotent. Blocks: call it in a thread."""
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
    token = uuid.uuid4().hex  # the agent cannot have taken these names
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
    """Return some entries of a directory (name, is a directory), or none when it is empty."""
    with os.scandir(directory) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in islice(entries, _BATCH)]
