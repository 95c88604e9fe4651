"""The process of a load test ends with the exit code of its runs."""

import pytest

pytest.importorskip("locust", reason="the extra `load` is not installed")

import gevent
from locust.env import Environment

from sigmic_conformance.load.conduct.wiring import finish
from sigmic_conformance.load.verdicts.conclusion import CANNOT_BE_LOADED_EXIT, WITHOUT_ANSWER_EXIT
from tests.load import runs


def test_a_process_that_ends_during_the_publication_waits_for_its_exit_code():
    run, environment = runs.made(), Environment()
    run.begin()
    run.exit_codes.append(WITHOUT_ANSWER_EXIT)

    def publish() -> None:
        run.exit_codes[:] = [CANNOT_BE_LOADED_EXIT]
        run.published.set()

    publication = gevent.spawn_later(0, publish)
    finish(environment, run)
    publication.join(timeout=5)

    assert environment.process_exit_code == CANNOT_BE_LOADED_EXIT


def test_a_process_without_a_run_ends_at_once():
    run, environment = runs.made(), Environment()

    finish(environment, run)

    assert environment.process_exit_code is None
