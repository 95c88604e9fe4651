"""The verdict of a run is its worst result, and missing evidence never counts as a pass."""

import pytest

from sigmic_load.verdicts.conclusion import RunVerdict, conclude
from sigmic_load.verdicts.objectives import Objective, Outcome, Verdict

OBJECTIVE = Objective(id="late", measure="create", statistic="p99", why="", at_most=1.0)


def outcome(verdict: Verdict) -> Outcome:
    return Outcome(objective=OBJECTIVE, verdict=verdict, value=1.5, evidence=3)


def test_a_run_that_was_given_up_fails_no_requirement():
    concluded = conclude([outcome(Verdict.BROKEN)], ["a worker was lost"], "the key was refused")

    assert (concluded.verdict, concluded.exit_code) == (RunVerdict.INCOMPLETE, 5)
    assert concluded.reasons[0] == "the key was refused"
    assert len(concluded.reasons) == 3, "what was seen is told all the same"


@pytest.mark.parametrize(
    ("verdicts", "gaps", "run", "code"),
    [
        ([Verdict.HELD, Verdict.NOT_ASKED], [], RunVerdict.HELD, None),
        ([Verdict.HELD], ["a worker was lost"], RunVerdict.INCOMPLETE, 4),
        ([Verdict.HELD, Verdict.UNPROVEN], [], RunVerdict.UNPROVEN, 4),
        ([Verdict.BROKEN, Verdict.UNPROVEN], [], RunVerdict.BROKEN, 3),
        ([Verdict.BROKEN], ["a worker was lost"], RunVerdict.BROKEN, 3),
        ([Verdict.NOT_ASKED], [], RunVerdict.UNPROVEN, 4),
    ],
)
def test_the_worst_decides(verdicts, gaps, run, code):
    concluded = conclude([outcome(each) for each in verdicts], gaps)

    assert (concluded.verdict, concluded.exit_code) == (run, code)
    assert all(gap in concluded.headline for gap in gaps)
    assert (run is RunVerdict.HELD) == (concluded.reasons == ())
