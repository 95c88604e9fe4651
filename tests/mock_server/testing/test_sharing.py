"""One server for all processes of a run."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from sigmic_mock.domain.secret import Secret
from sigmic_mock.testing import Mock, mock_server
from sigmic_mock.testing.sharing import shared_server

_DYING_OWNER = """
import os, pathlib, sys
from contextlib import nullcontext
from sigmic_mock.domain.secret import Secret
from sigmic_mock.testing.sharing import shared_server

address = ("http://127.0.0.1:9/__mock/v1", Secret("x"))
shared_server(pathlib.Path(sys.argv[1]), lambda: nullcontext(address)).__enter__()
os._exit(9)
"""


@pytest.fixture(scope="module")
def mock():
    with mock_server() as running:
        yield running


def never():
    raise AssertionError("a second server was started")


def test_the_second_attaches_and_the_first_waits_for_it(mock: Mock, tmp_path: Path) -> None:
    ended = threading.Event()

    @contextmanager
    def start():
        yield mock.control_url, Secret(mock.control_token)
        ended.set()

    first = shared_server(tmp_path, start)
    second = shared_server(tmp_path, never)
    assert first.__enter__() == second.__enter__()
    leaving = threading.Thread(target=first.__exit__, args=(None, None, None))
    leaving.start()
    assert not ended.wait(0.2)

    second.__exit__(None, None, None)

    leaving.join(10)
    assert ended.is_set()


def test_a_dead_owners_server_is_replaced(mock: Mock, tmp_path: Path) -> None:
    """The first process dies without cleaning up, so the file with its address is still there."""
    died = subprocess.run(
        [sys.executable, "-c", _DYING_OWNER, str(tmp_path)], timeout=30, check=False, env=dict(os.environ)
    )
    assert died.returncode == 9
    assert (tmp_path / "server.json").stat().st_mode & 0o077 == 0

    @contextmanager
    def start():
        yield mock.control_url, Secret(mock.control_token)

    with shared_server(tmp_path, start) as (url, _):
        assert url == mock.control_url
