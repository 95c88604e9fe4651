"""A part of the machine that fails is named to the caller, and costs one line of the log."""

import errno
import logging
import os
import sqlite3

import pytest

from sigmic_mock.runtime.failing_parts import failing_part, log_failure

log = logging.getLogger("test")


def system(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def database(name: str) -> sqlite3.Error:
    problem = sqlite3.OperationalError("it failed")
    problem.sqlite_errorname = name
    return problem


def caused(problem: BaseException) -> Exception:
    raised = RuntimeError("no sandbox")
    raised.__cause__ = problem
    return raised


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (system(errno.ENOSPC), "disk of the server is full"),
        (system(errno.EROFS), "may not use its data folder"),
        (system(errno.EACCES), "may not use its data folder"),
        (system(errno.EMFILE), "no free file descriptors"),
        (system(errno.EAGAIN), "can't start another process"),
        (system(errno.ENOMEM), "out of memory"),
        (system(errno.EIO), "disk of the server does not work"),
        (MemoryError(), "out of memory"),
        (database("SQLITE_FULL"), "disk of the server is full"),
        (database("SQLITE_IOERR_WRITE"), "disk of the server does not work"),
        (database("SQLITE_READONLY_DBMOVED"), "may not use its data folder"),
        (database("SQLITE_CORRUPT"), "database of the server is damaged"),
        (database("SQLITE_BUSY"), "locked the database"),
        (caused(system(errno.ENOSPC)), "disk of the server is full"),
    ],
)
def test_a_part_that_failed_is_named_and_logged_in_one_line(problem, words, caplog):
    log_failure(log, problem, "request %s failed", "r1")

    [record] = caplog.records
    assert words in (failing_part(problem) or "")
    assert record.getMessage().startswith(f"request r1 failed: {failing_part(problem)}")
    assert record.exc_info is None


@pytest.mark.parametrize(
    "problem",
    [
        ValueError(),
        system(errno.ENOENT),
        ConnectionResetError(errno.ECONNRESET, ""),
        database("SQLITE_CONSTRAINT"),
        sqlite3.InterfaceError(),
        TimeoutError(),
        caused(ValueError()),
    ],
)
def test_a_defect_of_ours_keeps_its_traceback(problem, caplog):
    log_failure(log, problem, "request %s failed", "r1")

    [record] = caplog.records
    assert failing_part(problem) is None
    assert record.getMessage() == "request r1 failed"
    assert record.exc_info is not None
