"""Samples the state of all streams that users want twice per second, and the CPU time of this process.

Time in which this process could not measure is left out of the streams, not of the CPU.
"""

from time import monotonic, process_time

import gevent

from sigmic_load.conduct.watch import Watch
from sigmic_load.measures.pulse import STILL
from sigmic_load.measures.recorder import Phase
from sigmic_load.run.run import Run

EVERY = 0.5
"""Seconds between two samples."""


class StandingWatch(Watch):
    """Adds up the held, missing and returning streams of all users."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def _watch(self) -> None:
        before = last = monotonic()
        used = process_time()
        recorder = self._run.recorder
        while True:
            gevent.sleep(EVERY)
            now, using = monotonic(), process_time()
            if recorder.phase is Phase.JUDGED:
                recorder.health.used(using - used, now - last)
            last, used = now, using
            if recorder.pulse.behind(now) >= STILL:
                continue  # a stream that was not read may not be silent
            stands = [holder.stand() for holder in self._run.holders]
            recorder.stood(
                now - before - recorder.pulse.unmeasured(before, now),
                held=sum(it.held for it in stands),
                missing=sum(it.missing for it in stands),
                returning=sum(it.returning for it in stands),
            )
            before = now
