"""Lateness of heartbeats, compared with the beat of the same stream."""

import pytest

from tools.bench.idle_streams import lateness, most_streams
from tools.bench.plan import QUICK, NotMeasured


def rounded(arrivals: list[float]) -> list[float]:
    return [round(each, 6) for each in lateness(arrivals, 2.0)]


def test_heartbeats_on_their_beat_are_not_late():
    assert rounded([5, 7, 9]) == [0, 0, 0]


def test_the_earliest_sets_the_beat_even_if_the_first_was_late():
    assert rounded([5.5, 7, 9.25]) == [0.5, 0, 0.25]


async def test_the_most_streams_are_left_to_a_whole_run():
    with pytest.raises(NotMeasured, match="only a whole run does"):
        await most_streams(QUICK)
