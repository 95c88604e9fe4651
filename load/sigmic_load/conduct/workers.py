"""Connect master and workers: new numbers travel with Locust's own reports, the rest is requested at the end.

Locust's master waits half a second for the last reports. That is too short for users that are still closing
their streams (with a stop timeout a fifth of the heartbeats were lost). So our master first asks every worker
to end and to hand over the rest. Only then does it let Locust stop them.
"""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from sigmic_load.conduct.watch import Watch
from sigmic_load.measures.clock import now
from sigmic_load.measures.recorder import Phase
from sigmic_load.run.run import Run
from sigmic_load.verdicts.conclusion import WITHOUT_ANSWER_EXIT
from sigmic_spec.plural import plural

log = logging.getLogger(__name__)
END_SECONDS = 60.0
"""Seconds for which the master waits for the rest."""
LOOK_SECONDS = 1.0
"""Seconds between two checks whether the workers that still owe it are connected."""
LEAVE_SECONDS = 5.0
"""Seconds for which a worker that gets a signal waits for its master to end the run."""
MASTER_SECONDS = 15.0
"""Seconds of silence of the master after which a worker stops. Locust alone would let it run for a minute."""
_KEY = "sigmic_load"


def connect_worker(environment: Environment, runner: WorkerRunner, run: Run) -> None:
    """Report new numbers, follow waves and phases, and end when the master asks for it."""
    ended = Event()
    ended.set()

    def report(client_id: str, data: dict[str, Any]) -> None:
        del client_id
        data[_KEY] = run.recorder.take()

    def wave(msg: Any, **_: Any) -> None:
        run.drop_all(msg.data["wave"])

    def phase(msg: Any, **_: Any) -> None:
        run.enter(Phase(msg.data["phase"]))

    def end(**_: Any) -> None:
        run.leave()
        runner.stop()
        rest = run.recorder.take()
        runner.send_message("load_ended", {"rest": rest, "given": run.recorder.given.to_wire()})
        ended.set()

    def wait_for_the_end(**_: Any) -> None:
        """Wait before the process ends: a terminal and `docker compose` signal all processes together."""
        if not ended.wait(LEAVE_SECONDS) and run.is_over:
            ended.wait(END_SECONDS)

    def leave() -> None:
        log.error("no message from the master for %d s; stopping this worker", MASTER_SECONDS)
        environment.process_exit_code = WITHOUT_ANSWER_EXIT
        run.leave()
        ended.set()
        runner.quit()

    gevent.spawn(_mind_the_master, runner, leave)
    events = environment.events
    events.report_to_master.add_listener(report)
    events.test_start.add_listener(lambda **_: ended.clear())
    events.quitting.add_listener(wait_for_the_end)
    runner.register_message("load_wave", wave)
    runner.register_message("load_phase", phase)
    runner.register_message("load_end", end, concurrent=True)


def _mind_the_master(runner: WorkerRunner, leave: Callable[[], None]) -> None:
    """Leave soon after the master is lost, because no process would add up the measurements."""
    heard, since = None, monotonic()
    while True:
        gevent.sleep(LOOK_SECONDS)
        if heard != runner.last_heartbeat_timestamp:
            heard, since = runner.last_heartbeat_timestamp, monotonic()
        if heard is not None and monotonic() - since > MASTER_SECONDS:
            leave()
            return


def connect_master(environment: Environment, runner: MasterRunner, run: Run) -> None:
    """Add up the workers' reports, drop lost workers, and wait for the rest before the stop."""
    ended = Event()
    watch = WorkerWatch(runner, run)

    def take_rest(msg: Any, **_: Any) -> None:
        if msg.node_id in run.workers.known:
            _add(run, msg.node_id, msg.data["rest"])
            run.workers.given[msg.node_id] = msg.data["given"]
            ended.set()

    def refused(msg: Any, **_: Any) -> None:
        run.workers.refused[msg.node_id] = msg.data["why"]
        run.gaps.append(f"worker {msg.node_id} was refused: {msg.data['why']}")
        log.error("worker %s was refused: %s", msg.node_id, msg.data["why"])

    def stopping(**_: Any) -> None:
        watch.look()
        run.leave()
        runner.send_message("load_end")
        deadline = monotonic() + END_SECONDS
        while watch.owing() and monotonic() < deadline:
            ended.clear()
            ended.wait(timeout=LOOK_SECONDS)
            watch.look()
        watch.stop()

    events = environment.events
    events.worker_connect.add_listener(lambda client_id, **_: _come(run, client_id))
    events.worker_report.add_listener(lambda client_id, data: _add(run, client_id, data.pop(_KEY, None)))
    events.test_start.add_listener(lambda **_: watch.start())
    events.test_stopping.add_listener(stopping)
    runner.register_message("load_ended", take_rest)
    runner.register_message("load_refused", refused)


def _add(run: Run, worker: str, told: dict[str, Any] | None) -> None:
    at = now()
    if told is not None and run.workers.report(worker, told, at):
        run.gaps.append(f"worker {worker} returned after {at - run.began:.0f} s: what it measured counts")


def _come(run: Run, worker: str) -> None:
    if not run.is_member(worker):
        run.workers.late.setdefault(worker, now())
        log.warning("worker %s joined after the start: it gets no users", worker)


class WorkerWatch(Watch):
    """Checks which workers of a run are still connected."""

    def __init__(self, runner: MasterRunner, run: Run) -> None:
        self._runner = runner
        self._run = run

    def start(self) -> None:
        """Start. The workers that are connected now belong to the run."""
        super().start()
        self._run.workers.begin(self._present())

    def stop(self) -> None:
        """Stop. A worker that has not handed over everything by now is lost. Idempotent."""
        if self._greenlet is None:
            return
        super().stop()
        for worker in self._run.workers.known - self._run.workers.given.keys():
            self._lose(worker)

    def look(self) -> None:
        """Mark the workers that are no longer connected as lost."""
        for worker in self._run.workers.known - self._present():
            self._lose(worker)

    def owing(self) -> set[str]:
        """Return the connected workers that have not handed over everything."""
        workers = self._run.workers
        return (self._present() & workers.known) - workers.given.keys() - workers.refused.keys()

    def _watch(self) -> None:
        while True:
            gevent.sleep(LOOK_SECONDS)
            self.look()

    def _present(self) -> set[str]:
        return {client.id for client in self._runner.clients.all if client.state != STATE_MISSING}

    def _lose(self, worker: str) -> None:
        if not self._run.workers.lose(worker, now()):
            return
        loss = self._run.workers.losses[worker]
        after = f"{loss.at - self._run.began:.0f} s"
        self._run.gaps.append(
            f"worker {worker} was lost after {after} with {plural(loss.streams, 'open stream')}"
        )
        log.warning("worker %s is lost, with %d open streams", worker, loss.streams)
