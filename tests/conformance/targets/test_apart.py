"""A target in a process of its own is there while it is wanted, and gone afterwards."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.conformance.targets.apart import serve_apart

pytestmark = pytest.mark.e2e


def listens(url: str) -> bool:
    address = urlsplit(url)
    try:
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=10):
            return True
    except ConnectionRefusedError:
        return False


def test_a_target_ends_with_its_context():
    with serve_apart("Disobedient", heartbeat=3.0, limits=True) as target:
        assert listens(target.reach.url)
        assert (target.reach.heartbeat, target.reach.largest, target.disobeyed) == (3.0, 4 << 20, None)

    assert target.disobeyed == 0
    assert not listens(target.reach.url)


def test_a_broken_test_leaves_no_target_behind():
    reached: list[str] = []

    def broken() -> None:
        with serve_apart() as target:
            reached.append(target.reach.url)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert [listens(url) for url in reached] == [False]


def test_a_target_that_cannot_start_says_so():
    with pytest.raises(RuntimeError, match="ended with 1"), serve_apart("NoSuchPart"):
        pass
