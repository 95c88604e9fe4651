"""Where faults are met: the mocks of one proof, started side by side, ended together."""

import contextlib
import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from conformance.proof.platform import Platform, platform
from conformance.proof.trial import Bench
from conformance.transcript import Transcript
from conformance.verdict import Unproven

BRISK_SECONDS = 0.5
STEADY_SECONDS = 2.0
ALONE = 2
RETRIES = 2


@dataclass(frozen=True, slots=True)
class Grounds:
    """A mock for many trials, one with a longer heartbeat for what measures time, some for a trial each."""

    shared: Platform
    steady: Platform
    _alone: "queue.SimpleQueue[Platform]"

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[Platform]:
        """A mock that nobody else uses meanwhile; waits until one is free."""
        taken = self._alone.get()
        try:
            yield taken
        finally:
            self._alone.put(taken)


@contextlib.contextmanager
def grounds() -> Iterator[Grounds]:
    """Start every mock; end them and everything they started. Raises ProfileError."""
    periods = [BRISK_SECONDS, STEADY_SECONDS, *([BRISK_SECONDS] * ALONE)]
    with contextlib.ExitStack() as stack:
        opened = [platform(heartbeat_seconds=period) for period in periods]
        with ThreadPoolExecutor(len(opened)) as pool:
            starts = [pool.submit(stack.enter_context, each) for each in opened]
        shared, steady, *alone = [start.result() for start in starts]
        free: queue.SimpleQueue[Platform] = queue.SimpleQueue()
        for each in alone:
            free.put(each)
        yield Grounds(shared, steady, free)


def healthy(bench: Bench, place: Platform) -> dict[str, Transcript]:
    """The transcripts of every probe against a mock without faults; what measured noise only, again."""
    accounts = place.accounts()
    try:
        found = bench.record(accounts.profile, accounts.credentials, bench.registry.probes)
        for _ in range(RETRIES):
            verdicts = bench.verdicts(accounts.profile, found)
            noisy = [row for row, each in verdicts.items() if each.reason == Unproven.TIMING_NOISE]
            again = {name for row in noisy for name in bench.registry.judges[row].needs}
            if not again:
                break
            found |= bench.record(accounts.profile, accounts.credentials, again)
        return found
    finally:
        place.remove(accounts)
