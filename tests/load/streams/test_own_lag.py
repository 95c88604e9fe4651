"""The pulse on a real event loop, which reads 64 sockets per turn."""

import socket
from time import monotonic

import gevent
import pytest
from gevent import get_hub
from gevent.event import Event
from gevent.monkey import get_original

from sigmic_load.measures.recorder import Recorder
from sigmic_load.streams.own_lag import OwnLag

SOCKETS, STOP = 400, 0.5
SECONDS = 20.0
block = get_original("time", "sleep")


@pytest.fixture
def recorder():
    made = Recorder()
    lag = OwnLag(made)
    lag.start()
    yield made
    lag.stop()


def test_everything_that_waited_for_a_blocking_call_is_corrected_not_only_the_first_64(recorder):
    pairs = [socket.socketpair() for _ in range(SOCKETS)]
    behind: list[float] = []
    heard = Event()

    def hear(end: socket.socket) -> None:
        end.recv(1)
        behind.append(recorder.pulse.behind(monotonic()))
        block(0.0003)  # about the time to parse a heartbeat
        if len(behind) == SOCKETS:
            heard.set()

    watchers = [get_hub().loop.io(end.fileno(), 1) for end, _ in pairs]
    for watcher, (end, _) in zip(watchers, pairs, strict=True):
        watcher.start(hear, end)
    gevent.idle()
    for _, other in pairs:
        other.send(b"x")
    block(STOP)
    assert heard.wait(SECONDS)
    while recorder.pulse.is_behind:
        gevent.idle(priority=-2)
    for watcher in watchers:
        watcher.stop()
        watcher.close()
    for pair in pairs:
        for end in pair:
            end.close()

    assert len(behind) == SOCKETS
    assert min(behind) >= STOP
    assert recorder.health.unmeasured >= STOP
    assert recorder.numbers.distribution("client_lag").quantile(0.5) > 0.01, (
        "by its length, not as one sample"
    )
