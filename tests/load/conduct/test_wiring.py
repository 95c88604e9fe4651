"""The process of a load test ends with the exit code of its runs."""

import gevent
import pytest
from gevent.event import Event
from locust.env import Environment

from sigmic_load.conduct.single_stop import stop_once
from sigmic_load.conduct.wiring import end, finish
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
