"""How a run is classified."""

from dataclasses import replace

import pytest

from sigmic_mock.gauntlet.outcome import Ended, FaultOutcome, judge
from sigmic_mock.gauntlet.run_folder import Totals

HEALTHY = Totals(tasks=1, messages=2)


def ended(code: int | None = 0, last: str = "", failed: str = "") -> Ended:
    return Ended(code=code, seconds=3.0, last=last, failed=failed)


@pytest.mark.parametrize(
    ("fired", "end", "left", "outcome", "why"),
    [
        (1, ended(), HEALTHY, FaultOutcome.SURVIVED, ""),
        (0, ended(), HEALTHY, FaultOutcome.NOT_MET, "did nothing that this fault acts on"),
        (2, ended(1, "Traceback\nKeyError: x"), HEALTHY, FaultOutcome.FAILED, "exit code 1: KeyError: x"),
        (1, ended(1, "# ms", "not ok 2"), HEALTHY, FaultOutcome.FAILED, "exit code 1: not ok 2"),
        (0, ended(1), HEALTHY, FaultOutcome.FAILED, "the command is not reliable"),
        (1, ended(None), HEALTHY, FaultOutcome.HUNG, "still running after 3 s"),
        (0, ended(None), HEALTHY, FaultOutcome.HUNG, "the command is not reliable"),
        (
            1,
            ended(),
            Totals(tasks=2, messages=3),
            FaultOutcome.FAILED,
            "2 tasks where the healthy run left 1",
        ),
        (1, ended(), Totals(tasks=1, messages=3), FaultOutcome.FAILED, "something was done twice"),
        (1, ended(), Totals(tasks=1, messages=1), FaultOutcome.FAILED, "something was lost"),
    ],
)
def test_the_outcome_of_a_run(fired, end, left, outcome, why):
    judged, told = judge(end, replace(left, fired=fired), HEALTHY, may_repeat=False)

    assert judged is outcome
    assert why in told


def test_asking_again_is_right_when_the_task_failed():
    twice = Totals(tasks=1, messages=3)

    assert judge(ended(), replace(twice, fired=1), HEALTHY, may_repeat=True) == (FaultOutcome.SURVIVED, "")
