"""`StreamUser`: holds many idle streams and times their heartbeats."""

from time import monotonic

from gevent.pool import Pool
from locust import task
from locust.env import Environment

from sigmic_load.measures.accounting import End
from sigmic_load.streams.held import HeldStreams
from sigmic_load.streams.slots import Slots, Standing
from sigmic_load.users.platform_user import PlatformUser
from sigmic_load.verdicts.objectives import late_from

SWEEP = 1.0
"""Seconds between two checks for overdue heartbeats and missing streams."""
LET_GO_SECONDS = 30.0


class StreamUser(PlatformUser):
    """Keeps the workload's number of streams open; replaces those that the server ended."""

    holds_streams = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._wanted: int = self.settings["streams"]
        run = self.run_state
        settings = run.settings
        self._held = HeldStreams(
            self.recorder, settings.period, late_from(settings.objectives), tell=self._tell_heartbeat
        )
        self._slots = Slots(self._wanted, run.settings.workload.warm_up, self._measured())
        self.run_state.holders.append(self)
        self._tasks: list[str] = []
        self._ended: set[str] = set()
        """Tasks with a stream that the server ended. They are replaced."""
        self._pool = Pool(self.settings["opening"])
        self._herd = Pool()
        """Streams that are reopened after a wave, all in parallel."""
        self._is_leaving = False
        self._dropped: float | None = None
        """When a wave dropped all streams, until all are open again."""

    def _tell_heartbeat(self, lateness: float) -> None:
        self.tell_locust("heartbeat", lateness)

    def wait_time(self) -> float:
        """Return the seconds between two checks: this user does not think."""
        return SWEEP

    @task
    def hold(self) -> None:
        """Check the streams once."""
        self._held.sweep()
        missing = self._wanted - len(self._held) - len(self._herd)
        if missing > 0 and not self._is_over() and not self.is_leaving_alone:
            # After a refusal a user requests one stream, not all of them, until one opens.
            self._open(missing if self.backoff.is_calm else 1)

    def drop(self) -> None:
        """Drop all streams and request all of them again immediately, like clients after a network fault."""
        if self._is_over():
            return
        self._note_recovery()  # from an earlier wave that was not over yet
        tasks = [name for name in self._tasks if name not in self._ended]
        dropped = len(self._held)
        self.recorder.count("reconnects", dropped)
        self._held.drop_all()
        self._slots.dropped(dropped)
        self._dropped = monotonic()
        for number in range(dropped if tasks else 0):
            self._herd.spawn(self._hold_one, tasks[number % len(tasks)], is_return=True)

    def _open(self, missing: int) -> None:
        self._tasks = [name for name in self._tasks if name not in self._ended]
        self._ended.clear()
        wanted = -(-self._wanted // self.settings["streams_per_task"])
        if not self.backoff.is_calm:
            wanted = min(wanted, max(1, len(self._tasks)))
        pool = self._pool
        for _ in range(wanted - len(self._tasks)):
            pool.spawn(self._create)
        pool.join()
        if self._tasks:
            for number in range(missing):
                pool.spawn(self._hold_one, self._tasks[number % len(self._tasks)], is_return=False)
        # At the same time the heartbeats of the open streams are checked.
        while not pool.join(timeout=SWEEP):
            self._held.sweep()

    def _create(self) -> None:
        if self._is_over() or self.is_leaving_alone:
            return
        created = self.create(self.settings["prompt"])
        self._slots.created(is_refused=created is None)
        if created is not None:
            self._tasks.append(created)

    def _hold_one(self, created: str, *, is_return: bool) -> None:
        if self._is_over() or self.is_leaving_alone:
            return
        connection = self.open_stream(created)
        if connection is None:
            self._slots.refused()
        elif self._is_over():
            self.recorder.stream_opened()
            connection.close()
            self.recorder.stream_closed(End.LEFT)
        else:
            self._slots.opened()
            self._held.hold(connection, lambda end: self._ended_one(created, end), is_return=is_return)
            if len(self._held) >= self._wanted:
                self._note_recovery()

    def _note_recovery(self) -> None:
        if self._dropped is not None:
            self.recorder.sample("recovery", monotonic() - self._dropped)
            self._dropped = None

    def _ended_one(self, task: str, end: End) -> None:
        self._ended.add(task)
        if end.is_by_target and not (end.may_be_ours and self.recorder.whole.stood_still(0.0)):
            self._slots.lost()
        else:
            self._slots.vacated(self._measured())

    def stand(self) -> Standing:
        """Return the current state of this user's streams."""
        return self._slots.stand(len(self._held), self._held.silent(monotonic()), self._measured())

    def _measured(self) -> float:
        return self.recorder.whole.pulse.measured(monotonic())

    def settle(self) -> None:
        """Record what is overdue on the streams: the judged window ends."""
        self._held.settle()

    def _is_over(self) -> bool:
        return self._is_leaving or self.run_state.is_over

    def on_stop(self) -> None:
        """Close all streams and cancel their tasks, including those that are just being created."""
        self._is_leaving = True
        self._held.drop_all()
        self._herd.join(timeout=LET_GO_SECONDS)
        self.run_state.holders.remove(self)
        self._pool.join(timeout=LET_GO_SECONDS)
        tasks, self._tasks = self._tasks, []
        for created in tasks:
            self._pool.spawn(self.cancel, created)
        self._pool.join(timeout=LET_GO_SECONDS)
