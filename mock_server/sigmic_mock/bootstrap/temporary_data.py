"""Temporary data folders: made for one server, and removed after it, by the next one if it was killed."""

import os
import shutil
import stat
import tempfile
from itertools import islice
from pathlib import Path

from sigmic_mock.bootstrap.banner import READY_FILE, read_ready_file
from sigmic_mock.storage.database import DATABASE_FILE, is_in_use

_PREFIX = "sigmic-mock-"
_MOST = 50
"""Folders that one start removes."""


def new_folder() -> Path:
    """Create a folder, readable by this user only."""
    return Path(tempfile.mkdtemp(prefix=_PREFIX))


def remove_left_folders() -> None:
    """Remove the folders of servers of this user that were killed. Blocking."""
    for folder in islice(filter(_is_left, Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")), _MOST):
        shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Return whether a server that was killed made the folder. Its ready file says that it was temporary.

    The database is locked before it exists, so one without a lock has no server.
    """
    try:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return False
        ready = read_ready_file(folder / READY_FILE)
        is_temporary = ready.get("ephemeral") is True and ready.get("data_dir") == str(folder)
        return is_temporary and (folder / DATABASE_FILE).exists() and not is_in_use(folder / DATABASE_FILE)
    except OSError:
        return False
