"""Turns are due at a constant rate, even after late ones."""

import pytest

from sigmic_load.users.arrivals import Arrivals


def test_a_stall_of_ours_loses_no_arrival():
    arrivals = Arrivals(rate=4.0, next_due=10.0)

    assert arrivals.due(9.9) == []
    assert arrivals.due(10.3) == [10.0, 10.25]
    assert arrivals.due(10.3) == [], "each is told once"
    assert arrivals.due(12.0) == pytest.approx([10.5, 10.75, 11.0, 11.25, 11.5, 11.75, 12.0])
