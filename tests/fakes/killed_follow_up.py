"""Kill a follow-up with files after each of its changes on the disk.

`python -m tests.fakes.killed_follow_up FOLDER TASK` reads the data folder `FOLDER/before` with its finished
task. It writes copies `FOLDER/killed-1`, `killed-2`, …, in which the same follow-up was killed after its
first change, its second, and so on, and `FOLDER/whole`, in which it was not killed. A file `acknowledged`
in a copy shows that the follow-up had returned. If the database refuses the follow-up, it is killed before
it returns.
"""

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fakes.house import ALICE, House

MESSAGE = "look at these"
WATCHED = tuple(
    f"{os.sep}sigmic_mock{os.sep}{name}"
    for name in (
        "service/tasks.py",
        "storage/database.py",
        "storage/file_work.py",
        "storage/placing.py",
        "storage/trees.py",
        "storage/staging.py",
        "storage/tasks.py",
        "storage/uploads.py",
    )
)


class Killer:
    """Kills this process once a folder has changed `changes` times since `arm` was called."""

    def __init__(self, folder: Path, changes: int) -> None:
        self._folder = folder
        self._left = changes
        self._seen: list[tuple[str, int]] | None = None
        self._lock = threading.Lock()
        # Set now: a thread that is already running cannot be traced.
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def arm(self) -> None:
        """Count from now on."""
        self._seen = _state(self._folder)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.endswith(WATCHED):
            return None
        if event == "line" and self._seen is not None:
            with self._lock:
                state = _state(self._folder)
                self._left -= state != self._seen
                self._seen = state
                if self._left <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        return self._trace


def _state(folder: Path) -> list[tuple[str, int]]:
    """Return every entry, and the size of the database's log: it grows with each transaction.

    Called for every line: `Path.rglob` would take most of the time.
    """
    found = []
    for parent, folders, files in os.walk(folder):
        found += [(f"{parent}/{name}", 0) for name in folders]
        for name in files:
            path = f"{parent}/{name}"
            found.append((path, Path(path).stat().st_size if name.endswith(".db-wal") else 0))
    return sorted(found)


async def _follow_up(folder: Path, task_id: str, changes: int) -> None:
    killer = Killer(folder, changes)
    house = House(folder)
    upload = await house.upload("a.csv", "b.csv", "c.csv")
    await house.tasks.get(ALICE, task_id)
    killer.arm()
    with suppress(sqlite3.Error):
        await house.tasks.send_message(ALICE, task_id, MESSAGE, upload)
        (folder / "acknowledged").touch()


def main() -> None:
    """Kill the follow-up after each number of changes, in a separate process, until one is not killed."""
    root, task_id = Path(sys.argv[1]), sys.argv[2]
    for changes in count(1):
        folder = root / f"killed-{changes}"
        shutil.copytree(root / "before", folder)
        child = os.fork()
        if child == 0:
            asyncio.run(_follow_up(folder, task_id, changes))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == 0:
            folder.rename(root / "whole")
            return
        if code != -signal.SIGKILL:
            raise SystemExit(f"the follow-up ended with {code}")


if __name__ == "__main__":
    main()
