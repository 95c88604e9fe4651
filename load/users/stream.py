"""`StreamUser`: holds many idle streams and times their heartbeats."""

from gevent.pool import Pool
from locust import task
from locust.env import Environment

from sigmic_conformance.load.streams.held import HeldStreams
from sigmic_conformance.load.users.platform_user import PlatformUser

SWEEP = 1.0
"""Seconds between two looks at what is overdue and what is to be opened again."""
LET_GO_SECONDS = 30.0


class StreamUser(PlatformUser):
    """Keeps so many streams open as the workload says; opens again what the server ended."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._settings = self.run_state.workload.streams
        self._held = HeldStreams(self.run_state.recorder, self.run_state.lag, self.run_state.options.period)
        self.run_state.settle.append(self._held.settle)
        self._tasks: list[str] = []
        self._ended: set[str] = set()
        """Tasks a stream of which ended under us: they are replaced."""
        self._wave = self.run_state.wave
        self._pool = Pool(self._settings.opening)
        self._is_leaving = False

    def wait_time(self) -> float:
        """Return the time between two looks, in seconds: this user does not think."""
        return SWEEP

    @task
    def hold(self) -> None:
        """Look at the streams once."""
        self._held.sweep()
        is_return = self._wave != self.run_state.wave
        if is_return:
            self._wave = self.run_state.wave
            self.run_state.recorder.count("reconnects", len(self._held))
            self._held.drop_all()
        missing = self._settings.streams - len(self._held)
        if missing > 0 and not self._is_over():
            self._open(missing, is_return=is_return)

    def _open(self, missing: int, *, is_return: bool) -> None:
        self._tasks = [name for name in self._tasks if name not in self._ended]
        self._ended.clear()
        wanted = -(-self._settings.streams // self._settings.streams_per_task)
        pool = self._pool
        for _ in range(wanted - len(self._tasks)):
            pool.spawn(self._create)
        pool.join()
        if self._tasks:
            for number in range(missing):
                pool.spawn(self._hold_one, self._tasks[number % len(self._tasks)], is_return=is_return)
        # Heartbeats of those that are open are watched meanwhile.
        while not pool.join(timeout=SWEEP):
            self._held.sweep()

    def _create(self) -> None:
        created = None if self._is_over() else self.create(self._settings.prompt)
        if created is not None:
            self._tasks.append(created)

    def _hold_one(self, created: str, *, is_return: bool) -> None:
        if self._is_over():
            return
        connection = self.open_stream(created)
        if connection is not None and self._is_over():
            connection.close()
        elif connection is not None:
            self._held.hold(connection, lambda: self._ended.add(created), is_return=is_return)

    def _is_over(self) -> bool:
        return self._is_leaving or self.run_state.is_over

    def on_stop(self) -> None:
        """Leave all streams and cancel their tasks, those too that are just being created."""
        self._is_leaving = True
        self._held.drop_all()
        self.run_state.settle.remove(self._held.settle)
        self._pool.join(timeout=LET_GO_SECONDS)
        tasks, self._tasks = self._tasks, []
        for created in tasks:
            self._pool.spawn(self.cancel, created)
        self._pool.join(timeout=LET_GO_SECONDS)
