"""The running servers of a user: a file for each in one folder, so that commands find them.

A server locks its file until it ends, however it ends. A file without a lock belongs to a server that was
killed; the next command removes it.
"""

import contextlib
import fcntl
import json
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


@contextlib.contextmanager
def registered(folder: Path | None, ready: Mapping[str, Any]) -> Iterator[None]:
    """Inside, the server of this ready file is found in the folder. Without a place for it, it is not."""
    with contextlib.ExitStack() as resources:
        try:
            if folder is not None:
                resources.enter_context(_entry(folder, ready))
        except OSError as problem:
            log.warning("can't register in %s: %s; commands need --ready-file", folder, problem.strerror)
        yield


@contextlib.contextmanager
def _entry(folder: Path, ready: Mapping[str, Any]) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.json"
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        json.dump(ready, file)
        file.flush()
        draft.replace(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def running(folder: Path) -> list[Mapping[str, Any]]:
    """Return the ready files of the servers that live, the first to start first."""
    found = [ready for path in folder.glob("*.json") if (ready := _of_living(path)) is not None]
    return sorted(found, key=lambda ready: str(ready.get("started_at")))


def _of_living(path: Path) -> Mapping[str, Any] | None:
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                ready: Mapping[str, Any] = json.load(file)
                return ready
            path.unlink(missing_ok=True)
    except (OSError, ValueError):
        pass  # it has ended this very moment
    return None
