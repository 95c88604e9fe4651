"""What the workers of a master hold, each by its name, so that a lost one takes its streams along."""

from dataclasses import dataclass, field

from sigmic_conformance.load.measures.recorder import Recorder, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A worker that went without handing over its last measures. `at` is epoch seconds."""

    worker: str
    streams: int
    at: float


@dataclass(slots=True)
class WorkerSums:
    """Adds reports to the recorder of a master."""

    recorder: Recorder
    losses: dict[str, Loss] = field(default_factory=dict)
    """By the name of the worker; one that comes back stays here, for it was not seen meanwhile."""
    given: dict[str, Wire] = field(default_factory=dict)
    """What each worker says it measured in all: those that handed over everything."""
    known: set[str] = field(default_factory=set)
    """All workers that belong to the run."""
    strangers: set[str] = field(default_factory=set)
    """Workers of another version: nothing that they say is counted."""
    _open: dict[str, int] = field(default_factory=dict)
    _away: set[str] = field(default_factory=set)

    def clear(self) -> None:
        """Begin again, with nobody known."""
        for told in (self.losses, self.given, self._open):
            told.clear()
        self.known.clear()
        self.strangers.clear()
        self._away.clear()

    def report(self, worker: str, wire: Wire) -> None:
        """Take a worker's report. One that was given up and is heard again has its streams back."""
        self.known.add(worker)
        if worker in self._away:
            self._away.discard(worker)
            self.recorder.move_streams(self._open[worker])
        self._open[worker] = self._open.get(worker, 0) + self.recorder.merge(wire)

    def lose(self, worker: str, at: float) -> bool:
        """Give a worker up: its streams are closed. False when it had been given up before, or has ended."""
        if worker in self._away or worker in self.given or worker in self.strangers:
            return False
        self._away.add(worker)
        streams = self._open.setdefault(worker, 0)
        self.losses[worker] = Loss(worker=worker, streams=streams, at=at)
        self.recorder.move_streams(-streams)
        return True
