"""What the workers of a master hold, each by its name, so that a lost one takes its streams along.

One rule says what counts. The workers of a run are those that are there when it starts: of any other nothing
does. Of those all that they report does, also what a worker reports that was lost and returns: it kept what
it measured in that time, and the seconds in which it stood still it leaves out itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sigmic_conformance.load.measures.health import Health
from sigmic_conformance.load.measures.recorder import Recorder, Wire


@dataclass(slots=True, kw_only=True)
class Loss:
    """A worker that went without handing over its last measures. `at` is epoch seconds.

    `returned` is when it reported again, if it did: then its streams had been open all the time.
    """

    worker: str
    streams: int
    at: float
    returned: float | None = None


@dataclass(slots=True)
class WorkerSums:
    """Adds reports to the recorder of a master."""

    recorder: Recorder
    losses: dict[str, Loss] = field(default_factory=dict)
    """By the name of the worker, the last one of each; one that returns stays here."""
    given: dict[str, Wire] = field(default_factory=dict)
    """What each worker says it measured in all: those that handed over everything."""
    known: set[str] = field(default_factory=set)
    """All workers that belong to the run."""
    late: dict[str, float] = field(default_factory=dict)
    """Workers that joined after the start, and when (epoch seconds)."""
    strangers: set[str] = field(default_factory=set)
    """Workers of another version: nothing that they say is counted."""
    _open: dict[str, int] = field(default_factory=dict)
    _away: set[str] = field(default_factory=set)
    _health: dict[str, Health] = field(default_factory=dict)

    def clear(self) -> None:
        """Begin again, with nobody known."""
        for told in (self.losses, self.given, self.late, self._open, self._health):
            told.clear()
        self.known.clear()
        self.strangers.clear()
        self._away.clear()

    def begin(self, workers: Iterable[str]) -> None:
        """These belong to the run."""
        self.known.update(workers)

    def report(self, worker: str, wire: Wire, at: float) -> bool:
        """Take a worker's report; True for one that was lost: it has its streams back."""
        if worker not in self.known:
            self.late.setdefault(worker, at)
            return False
        is_return = worker in self._away
        if is_return:
            self._away.discard(worker)
            loss = self.losses[worker]
            loss.returned = at
            self.recorder.move_streams(self._open[worker], loss.at)
        self._health[worker] = Health.from_wire(wire["health"])
        self._open[worker] = self._open.get(worker, 0) + self.recorder.merge(wire)
        return is_return

    def lose(self, worker: str, at: float) -> bool:
        """Give a worker up: its streams are closed. False when it had been given up before, or has ended."""
        if worker in self._away or worker in self.given or worker in self.strangers:
            return False
        self._away.add(worker)
        streams = self._open.setdefault(worker, 0)
        self.losses[worker] = Loss(worker=worker, streams=streams, at=at)
        self.recorder.move_streams(-streams, at)
        return True

    def streams_lost(self) -> list[int]:
        """Return the streams of each worker that is lost now."""
        return [self._open[worker] for worker in self._away]

    def processes(self) -> dict[str, Health]:
        """Return the health of each process that loads: of the workers, or of this one, which has no name."""
        return self._health if self.known else {"": self.recorder.health}
