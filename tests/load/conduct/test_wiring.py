"""The process of a load test ends with the exit code of its runs."""

from types import SimpleNamespace

import gevent
import pytest
from gevent.event import Event
from locust.env import Environment

from sigmic_load.conduct.single_stop import stop_once
from sigmic_load.conduct.wiring import end, finish, record_request, weigh
from sigmic_load.measures.recorder import Recorder
from sigmic_load.users.stream import StreamUser
from sigmic_load.verdicts.conclusion import CANNOT_BE_LOADED_EXIT, WITHOUT_ANSWER_EXIT
from tests.load import runs


def test_a_process_that_ends_during_the_publication_waits_for_its_exit_code():
    run, environment = runs.made(), Environment()
    runner = environment.create_local_runner()
    stop_once(runner)
    is_publishing = Event()

    def publish(**_: object) -> None:
        is_publishing.set()
        gevent.sleep(0)
        run.exit_codes.append(CANNOT_BE_LOADED_EXIT)

    environment.events.test_stop.add_listener(publish)
    gevent.spawn(runner.stop)
    assert is_publishing.wait(5)
    finish(environment, run)

    assert environment.process_exit_code == CANNOT_BE_LOADED_EXIT


def test_a_master_that_waits_for_workers_ends_on_a_signal(capsys):
    runner = Environment().create_local_runner()

    with pytest.raises(SystemExit) as ended:
        end(runner, runs.made())

    assert ended.value.code == WITHOUT_ANSWER_EXIT
    assert capsys.readouterr().err == "locust: ended before the run started\n"


@pytest.mark.parametrize(
    ("status", "seconds", "samples"),
    [(0, 30.0, 1), (0, 0.001, 0), (503, 30.0, 0)],
    ids=["no answer in time", "no connection", "a refusal"],
)
def test_a_request_without_an_answer_is_one_of_at_least_its_wait(status, seconds, samples):
    recorder = Recorder()

    record_request(
        recorder,
        {
            "request_type": "POST",
            "name": "create_task",
            "response_time": seconds * 1000,
            "response": SimpleNamespace(status_code=status),
            "exception": OSError("no answer"),
            "context": {"user": "PollUser"},
        },
    )

    assert recorder.numbers.count("requests_failed") == 1
    assert recorder.numbers.distribution("create").count == samples


class HeavyUser(StreamUser):
    """Has a weight of its own."""

    weight = 7


class LightUser(StreamUser):
    """Has none."""


def test_a_class_has_the_weight_of_the_workload_or_its_own():
    environment = Environment(user_classes=[LightUser, HeavyUser])

    weigh(environment, {"StreamUser": 3})

    assert [each.weight for each in environment.user_classes] == [3, 7]
