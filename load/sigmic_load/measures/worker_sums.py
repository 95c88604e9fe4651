"""What each worker of a master holds, by name, so that the streams of a lost worker can be subtracted.

The workers of a run are those that are connected when it starts. Only their reports count, and all of them
do, also those of a worker that was lost and returns. It has kept what it measured in that time, and leaves
out the seconds in which it stood still.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sigmic_load.measures.health import Health
from sigmic_load.measures.recorder import Recorder, Wire


@dataclass(slots=True, kw_only=True)
class Loss:
    """A worker that was lost before it handed over its last measures. `at` is epoch seconds.

    `returned` is when it reported again, if it did. Its streams had then been open all the time.
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
    """By worker, its last loss. A worker that returns is still listed."""
    given: dict[str, Wire] = field(default_factory=dict)
    """What each worker reports to have measured in all, once it has handed over everything."""
    known: set[str] = field(default_factory=set)
    """All workers of the run."""
    late: dict[str, float] = field(default_factory=dict)
    """Workers that joined after the start, and when (epoch seconds)."""
    refused: dict[str, str] = field(default_factory=dict)
    """Workers that refused to run, and why."""
    _open: dict[str, int] = field(default_factory=dict)
    _away: set[str] = field(default_factory=set)
    _health: dict[str, Health] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget all workers."""
        for told in (self.losses, self.given, self.late, self.refused, self._open, self._health):
            told.clear()
        self.known.clear()
        self._away.clear()

    def begin(self, workers: Iterable[str]) -> None:
        """Add workers to the run."""
        self.known.update(workers)

    def report(self, worker: str, wire: Wire, at: float) -> bool:
        """Add a worker's report. Return True if the worker was lost: its streams are open again."""
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
        """Mark a worker as lost, its streams as closed. Return False if it was lost already, or has ended."""
        if worker in self._away or worker in self.given or worker in self.refused:
            return False
        self._away.add(worker)
        streams = self._open.setdefault(worker, 0)
        self.losses[worker] = Loss(worker=worker, streams=streams, at=at)
        self.recorder.move_streams(-streams, at)
        return True

    def streams_lost(self) -> list[int]:
        """Return the number of open streams of each worker that is lost now."""
        return [self._open[worker] for worker in self._away]

    def processes(self) -> dict[str, Health]:
        """Return the health of each process that runs users: the workers, or this one with an empty name."""
        return self._health if self.known else {"": self.recorder.health}
