"""A period that differs from the target's is named; jitter and a few late heartbeats are not."""

import pytest

from sigmic_load.measures.recorder import Numbers
from sigmic_load.verdicts.cadence import mismatch


def heard(*gaps: float) -> Numbers:
    numbers = Numbers()
    for gap in gaps:
        numbers.add("heartbeat_gap", gap)
    return numbers


@pytest.mark.parametrize(
    "gaps", [[], [3.0] * 4, [15.0] * 9, [14.0] * 9, [15.0] * 9 + [30.0] * 4, [1.0] * 4 + [15.0] * 9]
)
def test_heartbeats_that_fit_are_not_named(gaps):
    assert mismatch(heard(*gaps), 15.0) == ""


@pytest.mark.parametrize(("gap", "period"), [(3.0, 15.0), (3.0, 3600.0), (15.0, 3.0), (30.0, 15.0)])
def test_heartbeats_that_do_not_fit_are_named(gap, period):
    found = mismatch(heard(*[gap] * 5), period)

    assert f"heartbeats came about {gap:g} s apart" in found
    assert f"--heartbeat-period is {period:g}:" in found
