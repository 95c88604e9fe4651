"""A period that differs from the target's is named; jitter and a few late heartbeats are not."""

import pytest

from sigmic_load.measures.recorder import Numbers
from sigmic_load.verdicts.cadence import drift, mismatch


def heard(*gaps: float) -> Numbers:
    numbers = Numbers()
    for gap in gaps:
        numbers.add("heartbeat_gap", gap)
    return numbers


@pytest.mark.parametrize(
    "gaps",
    [
        [],
        [3.0] * 4,
        [15.0] * 9,
        [14.0] * 9,
        [15.0] * 9 + [30.0] * 4,
        [1.0] * 4 + [15.0] * 9,
        [0.1, 29.9, 10.0] * 5,
    ],
)
def test_heartbeats_that_fit_are_not_named(gaps):
    assert mismatch(heard(*gaps), 15.0) == ""


@pytest.mark.parametrize(("gap", "period"), [(3.0, 15.0), (3.0, 3600.0), (15.0, 3.0), (30.0, 15.0)])
def test_heartbeats_that_do_not_fit_are_named(gap, period):
    found = mismatch(heard(*[gap] * 5), period)

    assert f"heartbeats came about {gap:g} s apart" in found
    assert f"--heartbeat-period is {period:g}:" in found


@pytest.mark.parametrize(
    ("period", "says"),
    [
        (15.0, ""),
        (15.1, ""),
        (15.3, "the target's period is 15.3 s (+2.0% of --heartbeat-period 15)"),
        (14.0, "the target's period is 14 s (-6.7% of --heartbeat-period 15)"),
    ],
)
def test_the_period_of_a_target_is_named_if_it_is_another(period, says):
    numbers = Numbers()
    for _ in range(3):
        numbers.add("stream_period", period)

    assert drift(numbers, 15.0) == says
    assert drift(Numbers(), 15.0) == ""
