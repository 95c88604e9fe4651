"""One mock for the tests that only read; tests that stop or break a server start their own."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.process import MockProcess, descendants


@pytest.fixture(scope="session", autouse=True)
def _no_signal_is_ignored_by_what_a_test_starts() -> None:
    """Stop ignoring signals: child processes inherit ignored ones (as under `nohup`), but no handlers."""
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for the temporary files of a command. At the end, kill processes that a failed test left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    yield folder
    for pid in descendants(str(folder)):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProcess]:
    with MockProcess(tmp_path_factory.mktemp("mock"), "--check-responses") as running:
        yield running
