"""Looks twice a second how the streams that users want stand, and adds it up."""

from time import monotonic

import gevent

from sigmic_conformance.load.conduct.watch import Watch
from sigmic_conformance.load.run.run import Run

EVERY = 0.5
"""Seconds between two looks."""


class StandingWatch(Watch):
    """Adds up, at each look, what the streams of all users are."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def _watch(self) -> None:
        before = monotonic()
        while True:
            gevent.sleep(EVERY)
            now = monotonic()
            stands = [holder.stand() for holder in self._run.holders]
            self._run.recorder.stood(
                now - before,
                held=sum(it.held for it in stands),
                missing=sum(it.missing for it in stands),
                returning=sum(it.returning for it in stands),
            )
            before = now
