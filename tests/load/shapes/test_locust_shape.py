"""The shape that Locust queries every second."""

from types import SimpleNamespace
from typing import Any

from locust.env import Environment

from sigmic_load.measures.recorder import Phase
from sigmic_load.run.run import begin_run
from sigmic_load.shapes.locust_shape import SigmicShape
from tests.load import runs


def test_a_run_that_is_ending_is_not_judged_again():
    run, environment = runs.made(), Environment()
    begin_run(environment, run)
    runner: Any = SimpleNamespace(environment=environment, user_classes_count={"ChatUser": 1000})
    shape = SigmicShape()
    shape.runner = environment.runner = runner
    run.begin()

    shape.tick()
    run.enter(Phase.LEAVING)
    shape.tick()

    assert run.recorder.phase is Phase.LEAVING
    assert len(run.windows) == 1, "it was judged before"
