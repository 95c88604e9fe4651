"""A master adds up the reports of its workers, and ignores other processes."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gevent
from locust.env import Environment

from sigmic_load.conduct.workers import connect_master, connect_worker
from sigmic_load.measures.recorder import Phase, Recorder
from tests.load import runs


class Master:
    """Fake of Locust's master for `connect_master`: `answer` is the final report of each worker."""

    def __init__(self, answer: dict[str, dict[str, Any]], silent: tuple[str, ...] = ()) -> None:
        self.clients = SimpleNamespace(
            all=[SimpleNamespace(id=name, state="running") for name in (*answer, *silent)]
        )
        self._answer = answer
        self.listeners: dict[str, Callable[..., None]] = {}

    def register_message(self, name: str, listener: Callable[..., None]) -> None:
        self.listeners[name] = listener

    def send_message(self, name: str) -> None:
        assert name == "load_end"
        # A worker that does not answer has left by then.
        self.clients.all = [client for client in self.clients.all if client.id in self._answer]
        for worker, data in self._answer.items():
            self.listeners["load_ended"](SimpleNamespace(node_id=worker, data=data))


class Worker:
    """Fake of Locust's worker for `connect_worker`, with the messages that it sent."""

    last_heartbeat_timestamp = None

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.listeners: dict[str, Callable[..., None]] = {}

    def register_message(self, name: str, listener: Callable[..., None], *, concurrent: bool = False) -> None:
        del concurrent
        self.listeners[name] = listener

    def send_message(self, name: str, _: object) -> None:
        self.sent.append(name)

    def stop(self) -> None:
        self.sent.append("stop")


def told(streams: int) -> dict[str, Any]:
    recorder = Recorder()
    for _ in range(streams):
        recorder.of("").stream_opened()
    return recorder.take()


def ended() -> dict[str, Any]:
    return {"rest": told(0), "given": {}}


def test_a_lost_worker_and_one_that_refuses_to_run_are_gaps():
    run, environment = runs.made(), Environment()
    master = Master({"good": ended()}, silent=("lost", "old"))
    connect_master(environment, master, run)  # type: ignore[arg-type]  # all that it asks of a master
    run.begin()
    environment.events.test_start.fire(environment=environment)

    why = "this worker has sigmic-load 0.1, its master 0.2"
    master.listeners["load_refused"](SimpleNamespace(node_id="old", data={"why": why}))
    for worker, data in (("good", told(2)), ("lost", told(3))):
        environment.events.worker_report.fire(client_id=worker, data={"sigmic_load": data})
    seen = run.recorder.streams_open
    environment.events.test_stopping.fire(environment=environment)

    assert (seen, run.recorder.streams_open) == (5, 2)
    assert run.recorder.phase is Phase.LEAVING
    assert set(run.workers.losses) == {"lost"}
    assert [gap.split(" after ")[0] for gap in run.gaps] == [
        f"worker old was refused: {why}",
        "worker lost was lost",
    ]


def test_a_worker_that_comes_later_is_named_and_one_that_returns_counts():
    run, environment = runs.made(), Environment()
    master = Master({"good": ended()})
    connect_master(environment, master, run)  # type: ignore[arg-type]  # all that it asks of a master
    environment.events.worker_connect.fire(client_id="good")
    run.begin()
    environment.events.test_start.fire(environment=environment)
    assert [run.is_member(name) for name in ("good", "late")] == [True, False]

    environment.events.worker_connect.fire(client_id="late")
    for worker, streams in (("good", 2), ("late", 100)):
        environment.events.worker_report.fire(client_id=worker, data={"sigmic_load": told(streams)})
    run.workers.lose("good", 1000.0)
    environment.events.worker_report.fire(client_id="good", data={"sigmic_load": told(1)})
    environment.events.test_stopping.fire(environment=environment)

    assert run.recorder.streams_open == 3
    assert set(run.workers.late) == {"late"}
    assert [gap.split(" after ")[0] for gap in run.gaps] == ["worker good returned"]
    assert run.is_member("late"), "the next run may have it"


def test_a_worker_whose_process_is_stopped_first_hands_over_the_rest():
    run, environment, worker = runs.made(), Environment(), Worker()
    connect_worker(environment, worker, run)  # type: ignore[arg-type]  # all that it asks of a worker
    run.begin()
    environment.events.test_start.fire(environment=environment)

    gevent.spawn(worker.listeners["load_end"])
    environment.events.quitting.fire(environment=environment)

    assert worker.sent == ["stop", "load_ended"]


def test_a_worker_without_a_run_ends_at_once():
    environment, worker = Environment(), Worker()
    connect_worker(environment, worker, runs.made())  # type: ignore[arg-type]  # see above

    with gevent.Timeout(1):
        environment.events.quitting.fire(environment=environment)
