"""Rings the pulse of this process, by a timer that is due every 10 ms, before a turn reads any socket.

If a heartbeat lay in a socket while our loop was busy, the server is not late. `Pulse` computes how much
of the delay may be ours. For that it needs the first turn of the loop in which nothing was left to read.
Only in such a turn is an idle watcher called.
"""

import gc
from time import monotonic

from gevent import get_hub

from sigmic_load.measures.pulse import TICK
from sigmic_load.measures.recorder import Recorder


class OwnLag:
    """Drives the pulse of a recorder, which gets every lag and every stall."""

    def __init__(self, recorder: Recorder) -> None:
        loop = get_hub().loop
        self._recorder = recorder
        self._timer = loop.timer(TICK, TICK, priority=2)
        self._idle = loop.idle(priority=-2)
        self._is_waiting = False

    def start(self) -> None:
        """Start to measure."""
        self._recorder.pulse.start(monotonic())
        self._timer.start(self._ring)

    def stop(self) -> None:
        """Stop measuring. Idempotent."""
        self._timer.stop()
        self._idle.stop()
        self._is_waiting = False
        self._recorder.pulse.stop()

    def _ring(self) -> None:
        pulse = self._recorder.pulse
        self._recorder.client_lag(pulse.ring(monotonic()))
        if pulse.is_behind and not self._is_waiting:
            self._is_waiting = True
            self._idle.start(self._caught_up)

    def _caught_up(self) -> None:
        self._idle.stop()
        self._is_waiting = False
        self._recorder.caught_up()


def relax_collector() -> None:
    """Collect garbage rarely: with ten thousand streams a full collection delays all heartbeats during it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
