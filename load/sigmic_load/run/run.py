"""One load test in one process: its options, its users' shared state, and their measurements."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from locust.env import Environment

from sigmic_load.measures.clock import now
from sigmic_load.measures.recorder import Numbers, Phase, Recorder, UserRecorder
from sigmic_load.measures.worker_sums import WorkerSums
from sigmic_load.run.key_watch import KeyWatch
from sigmic_load.run.options import Options
from sigmic_load.run.settings import Settings
from sigmic_load.streams.own_lag import OwnLag
from sigmic_load.streams.slots import Standing


class Holder(Protocol):
    """A user that holds streams."""

    def stand(self) -> Standing:
        """Return the state of its streams."""

    def settle(self) -> None:
        """Record what is overdue, because the judged window ends."""

    def drop(self) -> None:
        """Drop all streams and request all of them again immediately."""


@dataclass(slots=True)
class Window:
    """A time in which the target is judged, in epoch seconds. `end` is missing while it lasts."""

    began: float
    end: float | None = None


@dataclass(slots=True, kw_only=True)
class Run:
    """Shared by all users of the process."""

    options: Options
    """Those of this process. A worker has only those that Locust needs."""
    told: Settings | None = None
    """The settings; a worker gets them from its master when a run starts."""
    headers: Mapping[str, str]
    """Headers of every request: the credential, and what a gateway in front of the target requires."""
    recorder: Recorder
    lag: OwnLag
    random: Random = field(default_factory=Random)
    wave: int = 0
    """Grows each time that all held streams are to be dropped."""
    key: KeyWatch = field(default_factory=KeyWatch)
    """What answers show about our key."""
    ended_by: str = ""
    """Why the run was ended early, because it could not have a result."""
    is_over: bool = False
    """If true, users open no more streams, and close those that they hold."""
    window: Numbers = field(default_factory=Numbers)
    """The numbers at the start of the step that is being judged."""
    window_streams: int = 0
    """The number of open streams at that time."""
    workers: WorkerSums = field(init=False)
    """The sums of a master's workers."""
    planned: Mapping[str, Any] | None = None
    """What the run can show at most; printed at the start."""
    began: float = 0.0
    """Epoch time of the start; 0 before it."""
    most_asked: int = 0
    """The largest number of users that the plan asked for so far."""
    most_users: int = 0
    """The largest number of users that ran at the same time, on all machines."""
    started: set[str] = field(default_factory=set)
    """The user classes that had a user."""
    windows: list[Window] = field(default_factory=list)
    """When the target was judged, by the clock of the master or of the only process."""
    answer: str = ""
    """The result of the step shape."""
    gaps: list[str] = field(default_factory=list)
    """Why this run is incomplete."""
    has_ended: bool = False
    """True if the plan ended the run: it was not cut short."""
    seconds: float = 0.0
    """How long it lasted, from its start until its users left."""
    holders: list[Holder] = field(default_factory=list)
    """The users that hold streams."""
    most_streams: int = 0
    """The largest number of streams that users wanted to hold at the same time, on all machines."""
    _asked: dict[object, tuple[float, UserRecorder]] = field(default_factory=dict)
    """The streams that are being requested: since when, and the recorder of their users."""

    exit_codes: list[int] = field(default_factory=list)
    """Exit codes of earlier runs in this process, except those left to Locust."""
    is_due: bool = False
    """True from the start of a run until its result is being published."""
    number: int = 0
    """The number of this run in this process."""

    def __post_init__(self) -> None:
        self.workers = WorkerSums(self.recorder)
        self.recorder.phase = Phase.RISING

    def begin(self) -> None:
        """Start a run: discard earlier measurements; users start to come."""
        self.is_due = True
        self.recorder.clear()
        self.recorder.phase = Phase.RISING
        self.workers.clear()
        for told in (self.windows, self.gaps, self.started):
            told.clear()
        self.key.clear()
        self.wave, self.answer, self.ended_by, self.is_over = 0, "", "", False
        self.has_ended, self.seconds = False, 0.0
        self.began, self.most_asked, self.most_users, self.most_streams = now(), 0, 0, 0
        self.number += 1

    @property
    def settings(self) -> Settings:
        """What all processes of the run do and judge by."""
        if self.told is None:
            raise RuntimeError("the master has not sent its settings")
        return self.told

    @property
    def folder(self) -> Path | None:
        """The directory for this run's report: the requested one, from the second run on with a number."""
        asked = self.options.report
        return asked if asked is None or self.number == 1 else asked.with_name(f"{asked.name}-{self.number}")

    def drop_all(self, wave: int) -> None:
        """Start a wave: every user of this process drops its streams and requests them again immediately."""
        self.wave = wave
        for holder in tuple(self.holders):
            holder.drop()

    def enter(self, phase: Phase) -> None:
        """Enter another phase of the run."""
        if phase is self.recorder.phase:
            return
        at = now()
        if phase is Phase.LEAVING:
            self._give_up_waiting()
            self.seconds = at - self.began
        if self.recorder.phase is Phase.JUDGED:
            for holder in self.holders:
                holder.settle()
            self.recorder.cut_stall()
            self.windows[-1].end = at
        if phase is Phase.JUDGED:
            self.windows.append(Window(began=at))
        self.is_over = phase is Phase.LEAVING
        self.recorder.phase = phase

    def leave(self) -> None:
        """End the judged time of a run that is going on: its users leave."""
        if self.is_due:
            self.enter(Phase.LEAVING)

    def is_member(self, worker: str) -> bool:
        """Return whether a worker belongs to this run. All connected workers belong to the next run."""
        return self.is_over or not self.workers.known or worker in self.workers.known

    @contextmanager
    def asking(self, recorder: UserRecorder) -> Iterator[None]:
        """Remember a stream request until it is answered."""
        asked = object()
        self._asked[asked] = monotonic(), recorder
        try:
            yield
        finally:
            del self._asked[asked]

    def _give_up_waiting(self) -> None:
        """The run ends: count streams that were requested more than `warm_up` ago as unanswered."""
        patience = self.settings.workload.warm_up
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
    """Return the run of an environment. Raises KeyError if it has none."""
    return _RUNS[environment]
