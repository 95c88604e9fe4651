"""Ends a run whose key the target no longer accepts, because it cannot have a result."""

import logging
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from sigmic_load.conduct.preflight import key_refusal
from sigmic_load.conduct.watch import Watch, end_early
from sigmic_load.measures.clock import now
from sigmic_load.run.run import Run

log = logging.getLogger(__name__)
EVERY = 1.0
"""Seconds between two checks."""
_MESSAGE = "load_key_refused"


class Revocation(Watch):
    """If answers cast doubt on the key, asks the target again, and ends the run if it refuses the key."""

    def __init__(self, environment: Environment, run: Run) -> None:
        self._environment = environment
        self._run = run
        runner = environment.runner
        if isinstance(runner, MasterRunner):
            runner.register_message(
                _MESSAGE, lambda msg, **_: self._end(msg.data["refused"]), concurrent=True
            )

    def _watch(self) -> None:
        run, host = self._run, self._environment.host or ""
        while not run.is_over:
            gevent.sleep(EVERY)
            if not run.key.is_doubtful:
                continue
            refused = key_refusal(host, run.headers)
            if refused:
                self._tell(refused)
                return
            run.key.clear()  # those answers had another cause

    def _tell(self, refused: str) -> None:
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            runner.send_message(_MESSAGE, {"refused": refused})
        else:
            # In a new greenlet, because the end of the run kills this one.
            gevent.spawn(self._end, refused)

    def _end(self, refused: str) -> None:
        run = self._run
        if run.ended_by or run.is_over:
            return
        run.ended_by = f"ended after {now() - run.began:.0f} s, because it could not have a result: {refused}"
        log.error("%s", run.ended_by)
        end_early(self._environment)  # the page may start another run, with a valid key


def watch_key(environment: Environment, run: Run) -> None:
    """Watch the key in the runs of this process. The users of a master run in its workers."""
    watch = Revocation(environment, run)
    if not isinstance(environment.runner, MasterRunner):
        events: Any = environment.events
        events.test_start.add_listener(lambda **_: watch.start())
        events.test_stop.add_listener(lambda **_: watch.stop())
