"""Failures of the machine: its disk, memory, descriptors, processes. They are no defects of the mock.

The caller is told in a sentence, the log has a line without a traceback, and the server continues: the next
request tries again, so nothing has to be repaired by hand.
"""

import errno
import logging
from collections.abc import Mapping

_FULL = "The disk of the server is full"
_READ_ONLY = "The server may not use its data folder"
_FILES = "The server has no free file descriptors"
_PROCESSES = "The server can't start another process"
_MEMORY = "The server is out of memory"
_BROKEN = "The disk of the server does not work"
_SYSTEM: Mapping[int, str] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.EAGAIN: _PROCESSES,
    errno.ENOMEM: _MEMORY,
    errno.EIO: _BROKEN,
}
_DATABASE: Mapping[str, str] = {
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_CANTOPEN": "The server can't open its database",
    "SQLITE_BUSY": "Another program has locked the database of the server",
    "SQLITE_LOCKED": "Another program has locked the database of the server",
    "SQLITE_NOMEM": _MEMORY,
    "SQLITE_IOERR": _BROKEN,
    "SQLITE_CORRUPT": "The database of the server is damaged",
    "SQLITE_NOTADB": "The database of the server is damaged",
}


def failing_part(problem: BaseException) -> str | None:
    """Return a sentence, without its full stop, about the part that failed; None for anything else."""
    if isinstance(problem, MemoryError):
        return _MEMORY
    if isinstance(problem, OSError):
        return None if isinstance(problem, ConnectionError) else _SYSTEM.get(problem.errno or 0)
    if problem.__cause__ is not None:
        return failing_part(problem.__cause__)
    # Of SQLite; an extended name such as SQLITE_IOERR_WRITE begins with the general one.
    name = getattr(problem, "sqlite_errorname", None) or ""
    return next((why for known, why in _DATABASE.items() if name.startswith(known)), None)


def log_failure(
    log: logging.Logger, problem: BaseException, what: str, *about: object, **fields: str
) -> None:
    """Log an error: one line for a part that failed, a traceback for a defect."""
    why = failing_part(problem)
    if why is None:
        log.error(what, *about, exc_info=problem, extra={"fields": fields})
    else:
        log.error("%s: %s (%s)", what % about, why, problem, extra={"fields": fields})
