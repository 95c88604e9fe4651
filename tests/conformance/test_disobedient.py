"""A real model may stand behind the API: an agent that disobeys changes no verdict, it leaves some open."""

from pathlib import Path

import pytest

from tests.conformance.targets.disobedient import Disobedient
from tests.conformance.targets.judging import Judgement, judge
from tests.conformance.targets.server import serve

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
HEARTBEAT = 3.0
# What a busy machine leaves open says nothing about an agent; nor does a token that outlived a slow answer.
OPEN = {"stimulus-not-reached", "timing-noise", "control-failed"}


def judged(folder: Path, *parts: type) -> tuple[Judgement, int]:
    """The judgement of the independent platform with such an agent, and how many prompts it disobeyed."""
    with serve(*parts, heartbeat=HEARTBEAT, limits=True) as target:
        found = judge(target, folder)
        return found, getattr(target.platform.agent, "disobeyed", 0)


def outcomes(found: Judgement) -> dict[str, tuple[str, str | None]]:
    """Outcome and reason by row; a pass and what is only told (`info`) both say that nothing is wrong."""
    fine = ("passed", None)
    return {
        row: fine if each["outcome"] in {"passed", "info"} else (each["outcome"], each["reason"])
        for row, each in found.verdicts.items()
    }


# Slow: two whole runs beside the platform in one process; loaded, each moves a few rows.
@pytest.mark.slow
def test_a_disobedient_agent_leaves_rows_open_and_changes_none(tmp_path: Path):
    obedient, none = judged(tmp_path / "obedient")
    disobedient, some = judged(tmp_path / "disobedient", Disobedient)

    assert (none, some > 10) == (0, True)
    expected = outcomes(obedient)
    other = {
        row: (expected[row], told)
        for row, told in outcomes(disobedient).items()
        if expected[row][0] != "inconclusive"
        and told not in {expected[row], *(("inconclusive", reason) for reason in OPEN)}
    }
    assert other == {}
    assert len(disobedient.rows("passed")) > 300
