"""One load test in one process: its options, what users need, and what they measured."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, time
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from locust.env import Environment

from sigmic_conformance.load.measures.recorder import Numbers, Phase, Recorder, UserRecorder
from sigmic_conformance.load.measures.timeline import Reading
from sigmic_conformance.load.measures.worker_sums import WorkerSums
from sigmic_conformance.load.run.key_watch import KeyWatch
from sigmic_conformance.load.run.options import Options
from sigmic_conformance.load.settings.workload import Workload
from sigmic_conformance.load.streams.own_lag import OwnLag
from sigmic_conformance.load.streams.slots import Standing
from sigmic_conformance.load.verdicts.fitness import MOST_UNMEASURED
from sigmic_conformance.load.verdicts.objectives import Objective


class Holder(Protocol):
    """A user that wants to hold streams."""

    def stand(self) -> Standing:
        """Return how its streams stand."""

    def settle(self) -> None:
        """Take stock: the judged window ends."""

    def drop(self) -> None:
        """Drop all streams and ask for all of them again, at once."""


@dataclass(slots=True)
class Window:
    """A time in which the target is judged, in epoch seconds; without an end while it lasts."""

    began: float
    end: float | None = None


@dataclass(slots=True, kw_only=True)
class Run:
    """Shared by all users of the process."""

    options: Options
    workload: Workload
    objectives: tuple[Objective, ...]
    most_unmeasured: float = MOST_UNMEASURED
    """The share of the judged time that one process may miss."""
    headers: Mapping[str, str]
    """Of every request: the credential, and what a gate before the target wants."""
    recorder: Recorder
    lag: OwnLag
    random: Random = field(default_factory=Random)
    wave: int = 0
    """Grows when all held streams are to be dropped."""
    key: KeyWatch = field(default_factory=KeyWatch)
    """What answers said of our key."""
    ended_by: str = ""
    """Why the run was ended early: nothing could come of it any more."""
    is_over: bool = False
    """Users open nothing any more; what they hold is let go."""
    readings: list[Reading] = field(default_factory=list)
    """What the target told of itself."""
    window: Numbers = field(default_factory=Numbers)
    """The numbers at the beginning of the step that is being judged."""
    window_streams: int = 0
    """The streams open then."""
    workers: WorkerSums = field(init=False)
    """What the workers of a master hold."""
    planned: Mapping[str, Any] | None = None
    """What the run can show at most; printed at the start."""
    began: float = 0.0
    """Epoch time of the start; 0 before it."""
    most_users: int = 0
    """So many users ran at one time, on all machines."""
    windows: list[Window] = field(default_factory=list)
    """When the target was judged, by the clock of whoever leads."""
    answer: str = ""
    """What the step shape found."""
    gaps: list[str] = field(default_factory=list)
    """What this run lacks to be the one that was asked for."""
    holders: list[Holder] = field(default_factory=list)
    """The users that hold streams."""
    most_streams: int = 0
    """The most streams that users wanted to hold at one time, on all machines."""
    _asked: dict[object, tuple[float, UserRecorder]] = field(default_factory=dict)
    """The streams that are being asked for: since when, and whose they are."""

    exit_codes: list[int] = field(default_factory=list)
    """Of the runs before this one, in the same process, those that are not left to Locust."""
    number: int = 0
    """Counts the runs of this process."""

    def __post_init__(self) -> None:
        self.workers = WorkerSums(self.recorder)
        self.recorder.phase = Phase.RISING

    def begin(self) -> None:
        """Begin a run: nothing has been measured, and users begin to come."""
        self.recorder.clear()
        self.recorder.phase = Phase.RISING
        self.workers.clear()
        for told in (self.readings, self.windows, self.gaps):
            told.clear()
        self.key.clear()
        self.wave, self.answer, self.ended_by, self.is_over = 0, "", "", False
        self.began, self.most_users, self.most_streams = time(), 0, 0
        self.number += 1

    @property
    def folder(self) -> Path | None:
        """Where the report of this run goes: the folder asked for, from the second run on with its number."""
        asked = self.options.report
        return asked if asked is None or self.number == 1 else asked.with_name(f"{asked.name}-{self.number}")

    def drop_all(self, wave: int) -> None:
        """A wave: every user of this process drops its streams and asks for them again, all at once."""
        self.wave = wave
        for holder in tuple(self.holders):
            holder.drop()

    def enter(self, phase: Phase) -> None:
        """Go on to another phase of the run."""
        if phase is self.recorder.phase:
            return
        now = time()
        if phase is Phase.LEAVING:
            self._give_up_waiting()
        if self.recorder.phase is Phase.JUDGED:
            for holder in self.holders:
                holder.settle()
            self.recorder.cut_stall()
            self.windows[-1].end = now
        if phase is Phase.JUDGED:
            self.windows.append(Window(began=now))
        self.is_over = phase is Phase.LEAVING
        self.recorder.phase = phase

    def is_member(self, worker: str) -> bool:
        """Tell whether a worker belongs to this run; to the next, all that are there then."""
        return self.is_over or not self.workers.known or worker in self.workers.known

    @contextmanager
    def asking(self, recorder: UserRecorder) -> Iterator[None]:
        """Remember that a stream is asked for, until there is an answer to it."""
        asked = object()
        self._asked[asked] = monotonic(), recorder
        try:
            yield
        finally:
            del self._asked[asked]

    def _give_up_waiting(self) -> None:
        """The run ends: a stream that was asked for longer than `warm_up` ago was not answered."""
        patience = self.workload.warm_up
        for began, recorder in self._asked.values():
            seconds = monotonic() - began
            if seconds >= patience:
                reason = f"no answer within {patience:g} s, when the run ended"
                recorder.stream_not_opened(reason, seconds, is_answered=False)


_RUNS: WeakKeyDictionary[Environment, Run] = WeakKeyDictionary()


def begin_run(environment: Environment, run: Run) -> None:
    """Bind a run to Locust's environment."""
    _RUNS[environment] = run


def run_of(environment: Environment) -> Run:
    """Return the run of an environment; raises KeyError before it began."""
    return _RUNS[environment]
