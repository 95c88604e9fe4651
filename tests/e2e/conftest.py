"""One mock for the tests that only read it; those that stop or break one start their own."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.process import MockProcess, descendants


@pytest.fixture(scope="session", autouse=True)
def _no_signal_is_ignored_by_what_a_test_starts() -> None:
    """A process hands on what it ignores, as it does under `nohup`; a handler it does not hand on."""
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """For the temporary files of a command; what is left of one by a test that failed is ended."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    yield folder
    for pid in descendants(str(folder)):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProcess]:
    with MockProcess(tmp_path_factory.mktemp("mock"), "--check-responses") as running:
        yield running
