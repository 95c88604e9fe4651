"""Pool of mock servers for one proof, started in parallel and ended together."""

import contextlib
import queue
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from lab.prove.platform import Platform, platform
from lab.prove.trial import ProofContext
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Transcript

BRISK_SECONDS = 0.5
STEADY_SECONDS = 2.0
ALONE = 3
RETRIES = 2
ANSWER_SECONDS = 15.0
TASK_SECONDS = 30.0
WALL_SECONDS = 120.0
PATIENCE = 2.5
_DEADLINES = ("answer_seconds", "task_seconds", "wall_seconds")


@dataclass(frozen=True, slots=True)
class MockPool:
    """A mock for many trials, one with a longer heartbeat to measure time, some for one trial at a time."""

    shared: Platform
    steady: Platform
    alone: tuple[Platform, ...]
    _free: "queue.SimpleQueue[Platform]" = field(
        init=False, default_factory=queue.SimpleQueue, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for each in self.alone:
            self._free.put(each)

    def __reduce__(self) -> tuple[Any, ...]:
        return MockPool, (self.shared, self.steady, self.alone)

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[Platform]:
        """A mock for exclusive use during the block; waits until one is free."""
        taken = self._free.get()
        try:
            yield taken
        finally:
            self._free.put(taken)

    def lent(self) -> "MockPool":
        """The same mocks for another lane; it gets one of the exclusive mocks for itself."""
        return MockPool(self.shared, self.steady, (self._free.get(),))


@contextlib.contextmanager
def mock_pool() -> Iterator[MockPool]:
    """Start every mock; end them and everything they started. Raises ProfileError."""
    periods = [BRISK_SECONDS, STEADY_SECONDS, *([BRISK_SECONDS] * ALONE)]
    with contextlib.ExitStack() as stack:
        opened = [platform(heartbeat_seconds=period) for period in periods]
        with ThreadPoolExecutor(len(opened)) as pool:
            starts = [pool.submit(stack.enter_context, each) for each in opened]
        shared, steady, *alone = [start.result() for start in starts]
        yield MockPool(shared, steady, tuple(alone))


def unhurried(profile: Profile) -> Profile:
    """The profile for a retried trial, with longer deadlines, because this machine may have been too busy."""
    return replace(profile, **{name: PATIENCE * getattr(profile, name) for name in _DEADLINES})


def patient(profile: Profile) -> Profile:
    """The profile with the deadlines of a real run, not the tight ones for a broken server."""
    return replace(
        profile, answer_seconds=ANSWER_SECONDS, task_seconds=TASK_SECONDS, wall_seconds=WALL_SECONDS
    )


def healthy(
    bench: ProofContext, place: Platform, probes: Iterable[str]
) -> tuple[dict[str, Transcript], frozenset[str]]:
    """The transcripts of the probes against a mock without faults; those of undecided rows are retried.

    Also returns the rows that were undecided at first: this machine was too busy for them.
    """
    with place.borrowed() as accounts:
        profile = patient(accounts.profile)
        found = bench.record(profile, accounts.credentials, probes)
        opened: set[str] = set()
        for _ in range(RETRIES):
            verdicts = bench.verdicts(profile, found)
            noisy = [row for row, each in verdicts.items() if not each.outcome.proves]
            opened.update(noisy)
            again = {name for row in noisy for name in bench.registry.checks[row].needs}
            if not again:
                break
            found |= bench.record(profile, accounts.credentials, again)
        return found, frozenset(opened)
