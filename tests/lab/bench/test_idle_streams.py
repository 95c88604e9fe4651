"""Lateness of heartbeats, compared with the beat of the same stream."""

from lab.bench.idle_streams import lateness


def rounded(arrivals: list[float]) -> list[float]:
    return [round(each, 6) for each in lateness(arrivals, 2.0)]


def test_heartbeats_on_their_beat_are_not_late():
    assert rounded([5, 7, 9]) == [0, 0, 0]


def test_the_earliest_sets_the_beat_even_if_the_first_was_late():
    assert rounded([5.5, 7, 9.25]) == [0.5, 0, 0.25]
