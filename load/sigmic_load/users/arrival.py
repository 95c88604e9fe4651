"""`ArrivalUser`: an open model. Turns start at a constant rate, whether the target is slow or not.

A user of the other classes waits for its answer before its next request. So a target that stalls gets
fewer requests and looks better than it is. Here every time counts from when the turn was due.
"""

from time import monotonic

import gevent
from gevent.pool import Pool
from locust import task
from locust.env import Environment

from sigmic_load.streams.reading import listen
from sigmic_load.users.arrivals import Arrivals
from sigmic_load.users.platform_user import PlatformUser

LOOK_SECONDS = 0.005


class ArrivalUser(PlatformUser):
    """Creates tasks at a constant rate and reads the stream of each to `done`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._under_way = Pool()
        # Users must not arrive in step with each other.
        phase = self.run_state.random.uniform(0, 1 / self.settings["rate"])
        self._arrivals = Arrivals(self.settings["rate"], monotonic() + phase)

    def wait_time(self) -> float:
        """Return the seconds between two checks: this user does not think."""
        return LOOK_SECONDS

    def leave_alone(self) -> None:
        """Do nothing: in an open model users arrive whatever the target does."""

    @task
    def arrive(self) -> None:
        """Start every turn that is due."""
        recorder = self.recorder
        for due in () if self.run_state.is_over else self._arrivals.due(monotonic()):
            recorder.count("arrivals")
            if len(self._under_way) >= self.settings["most"]:
                recorder.count("arrivals_missed")
            else:
                self._under_way.spawn(self._turn, due)

    def _turn(self, due: float) -> None:
        recorder, settings = self.recorder, self.settings
        recorder.sample("arrival_delay", monotonic() - due)
        created = self.create(self.run_state.random.choice(settings["prompts"]))
        if created is None:
            recorder.count("turns_failed", seconds=monotonic() - due)
            return
        recorder.sample("arrival_create", monotonic() - due)
        connection = self.open_stream(created)
        if connection is None:
            recorder.count("turns_failed", seconds=monotonic() - due)
            return
        listened = listen(connection, recorder, due + settings["turn_seconds"], is_return=False)
        if listened.heard.ended and not listened.failed:
            ended = monotonic() if listened.ended is None else listened.ended
            recorder.sample("arrival_turn", ended - due)
            recorder.count("turns")
            return
        recorder.count("turns_failed", seconds=monotonic() - due)
        if not listened.heard.ended:
            if not connection.at_end:  # a turn that is not over takes at least as long
                recorder.sample("arrival_turn", monotonic() - due)
            self.cancel(created)

    def on_stop(self) -> None:
        """Abandon the running turns; their tasks end without us."""
        self._under_way.kill()
        gevent.sleep(0)
