"""A run ends early for objectives that ask for it, and for no others."""

import pytest

from sigmic_load.conduct.abort import to_abort
from sigmic_load.measures.recorder import Recorder
from sigmic_load.verdicts.objectives import Objective, judge


def outcomes(failed: int, abort_after: float | None):
    recorder = Recorder()
    recorder.count("requests", 10)
    recorder.count("requests_failed", failed)
    asked = [
        Objective(id="never", measure="requests", statistic="total", at_most=0, why="no reason to end"),
        Objective(
            id="failed",
            measure="requests_failed",
            statistic="total",
            at_most=1,
            why="enough",
            abort_after=abort_after,
        ),
    ]
    return judge(asked, recorder.numbers, ["ChatUser"])


@pytest.mark.parametrize(
    ("failed", "abort_after", "judged", "ends"),
    [
        (5, 10.0, 12.0, True),
        (5, 10.0, 9.0, False),
        (1, 10.0, 12.0, False),
        (5, None, 12.0, False),
        (5, 0.0, 0.0, True),
    ],
)
def test_a_broken_objective_ends_the_run_after_its_time(failed, abort_after, judged, ends):
    found = to_abort(outcomes(failed, abort_after), judged)

    assert (found is not None) is ends
    assert found is None or found.objective.id == "failed"
