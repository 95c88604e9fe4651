"""Lateness of heartbeats before and during the noise, compared with the beat of the same stream."""

import pytest

from tools.bench.busy import split


def test_the_beat_is_that_of_the_earliest_heartbeat_of_both_phases():
    late = [[10.1, 12.1, 14.1, 16.5, 18.0]]

    quiet, busy = split(late, 15.5, 17.5, 1)

    assert (round(quiet, 3), round(busy, 3)) == (100.0, 500.0)


def test_a_stream_without_heartbeats_is_not_overlooked():
    with pytest.raises(AssertionError, match="1 of 2 streams"):
        split([[1.0, 3.0]], 2.0, 2.0, 2)


def test_a_heartbeat_that_never_came_is_not_overlooked():
    with pytest.raises(AssertionError, match="4 were due"):
        split([[0.0, 2.0, 4.0]], 4.0, 6.0, 1)
