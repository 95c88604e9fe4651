"""However many sockets are ready, a pass of the loop serves a few, and every socket gets its turn."""

import asyncio
import errno
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from sigmic_mock.runtime.event_loop import FairLoop, FairSelector

MANY = 100
MOST = 32


@pytest.fixture
def ready() -> Iterator[list[socket.socket]]:
    """Sockets with a byte to read."""
    pairs = [socket.socketpair() for _ in range(MANY)]
    for here, there in pairs:
        here.settimeout(0)
        there.send(b"x")
    yield [here for here, _ in pairs]
    for pair in pairs:
        for each in pair:
            each.close()


@pytest.fixture
def selector(ready: list[socket.socket]) -> Iterator[FairSelector]:
    with FairSelector() as selector:
        for each in ready:
            selector.register(each, selectors.EVENT_READ)
        yield selector


def work(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_a_few_are_told_of_at_a_time_and_everyone_before_anyone_again(selector, ready):
    told: list[socket.socket] = []
    while len(told) < MANY:
        some = [key.fileobj for key, _ in selector.select()]
        assert 0 < len(some) <= MOST
        told += some

    assert Counter(told) == Counter(ready)


def test_after_a_long_pass_fewer_are_told_of_but_never_none(selector):
    counts = []
    for _ in range(12):
        counts.append(len(selector.select()))
        work(0.005)

    assert counts[0] > counts[1] > counts[2]
    assert counts[-1] == 1


def test_short_passes_bring_them_back(selector):
    for _ in range(8):
        selector.select()
        work(0.005)

    assert max(len(selector.select()) for _ in range(200)) == MOST


def test_a_socket_that_was_closed_or_changed_meanwhile_is_not_reported(selector, ready):
    first = {key.fileobj for key, _ in selector.select()}
    later = [each for each in ready if each not in first]
    closed, changed = later[0], later[1]
    selector.unregister(closed)
    selector.modify(changed, selectors.EVENT_WRITE)

    held = [key.fileobj for _ in range(MANY // MOST) for key, _ in selector.select()]

    assert closed not in held
    assert changed not in held


def test_a_changed_one_is_reported_by_the_next_look(selector, ready):
    first = {key.fileobj for key, _ in selector.select()}
    changed = next(each for each in ready if each not in first)
    selector.modify(changed, selectors.EVENT_WRITE)

    told = [(key.fileobj, events) for _ in range(2 * MANY) for key, events in selector.select()]

    assert (changed, selectors.EVENT_WRITE) in told


def test_nothing_ready_is_waited_for_as_long_as_was_asked():
    with FairSelector() as selector:
        assert selector.select(0) == []


def test_a_timer_comes_before_the_rest_of_a_crowd(ready):
    served: list[str] = []

    def serve(each: socket.socket) -> None:
        loop.remove_reader(each)
        served.append("crowd")

    loop = FairLoop()
    try:
        for each in ready:
            loop.add_reader(each, serve, each)
        loop.call_later(0, served.append, "timer")

        async def everybody() -> None:
            while len(served) <= MANY:  # noqa: ASYNC110 - each pass of the loop is the point
                await asyncio.sleep(0)

        loop.run_until_complete(everybody())
    finally:
        loop.close()

    assert served.index("timer") <= MOST


def test_a_crowd_that_cannot_be_accepted_is_one_line_in_the_log(caplog):
    loop = FairLoop()
    with socket.create_server(("127.0.0.1", 0)) as port:
        full = OSError(errno.EMFILE, "Too many open files")
        for _ in range(200):
            loop.call_exception_handler({"message": "no accept", "exception": full, "socket": port})
    loop.call_exception_handler({"message": "a defect", "exception": OSError(errno.EIO, "I/O error")})
    loop.close()

    (waiting, other) = caplog.messages
    assert waiting.startswith("new connections wait: Too many open files. ")
    assert other == "a defect"
