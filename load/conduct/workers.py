"""Master and workers: what is new goes with Locust's own reports, the rest is asked for before the end.

Locust's master waits half a second for the last reports, too short for users that still let go of their
streams (with a stop timeout a fifth of the heartbeats were lost). So our master first asks every worker to
end and to hand over the rest, and only then lets Locust stop them.
"""

import logging
from time import monotonic
from typing import Any

from gevent.event import Event
from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from sigmic_conformance.load.run.run import Run

log = logging.getLogger(__name__)
END_SECONDS = 60.0
"""The master waits so long for the rest."""
LOOK_SECONDS = 1.0
"""So often it looks whether those that still owe it are there at all."""
_KEY = "sigmic_load"


def connect_worker(environment: Environment, runner: WorkerRunner, run: Run) -> None:
    """Report what is new, obey waves, and end when the master says so."""

    def report(client_id: str, data: dict[str, Any]) -> None:
        del client_id
        data[_KEY] = run.recorder.take()

    def wave(msg: Any, **_: Any) -> None:
        run.wave = msg.data["wave"]

    def end(**_: Any) -> None:
        run.is_over = True
        runner.stop()
        rest = run.recorder.take()
        runner.send_message("load_ended", {"rest": rest, "given": run.recorder.given.to_wire()})

    environment.events.report_to_master.add_listener(report)
    runner.register_message("load_wave", wave)
    runner.register_message("load_end", end, concurrent=True)


def connect_master(environment: Environment, runner: MasterRunner, run: Run) -> None:
    """Add up what the workers report; wait for all of it before they are stopped."""
    ended = Event()

    def add(client_id: str, data: dict[str, Any]) -> None:
        del client_id
        if _KEY in data:
            run.recorder.merge(data.pop(_KEY))

    def take_rest(msg: Any, **_: Any) -> None:
        run.recorder.merge(msg.data["rest"])
        run.workers[msg.node_id] = msg.data["given"]
        ended.set()

    def stopping(**_: Any) -> None:
        asked = {client.id for client in runner.clients.all}
        runner.send_message("load_end")
        deadline = monotonic() + END_SECONDS
        while _is_owed(runner, run) and monotonic() < deadline:
            ended.clear()
            ended.wait(timeout=LOOK_SECONDS)
        for lost in sorted(asked - run.workers.keys()):
            log.warning("worker %s did not hand over its last measures", lost)

    environment.events.worker_report.add_listener(add)
    environment.events.test_stopping.add_listener(stopping)
    runner.register_message("load_ended", take_rest)


def _is_owed(runner: MasterRunner, run: Run) -> bool:
    """True while some worker that is still there has not handed over the rest."""
    return any(
        client.id not in run.workers and client.state != STATE_MISSING for client in runner.clients.all
    )
