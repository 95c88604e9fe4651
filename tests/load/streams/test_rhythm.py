"""When a heartbeat is due, and how late it was."""

import pytest

from sigmic_conformance.load.streams.rhythm import Rhythm


def beats(*at: float, opened: float = 0.0) -> list[float]:
    rhythm = Rhythm.of_stream(opened, 15.0)
    return [round(rhythm.beat(each)[0], 6) for each in at]


def test_heartbeats_on_time_are_not_late():
    assert beats(15, 30, 45) == [0, 0, 0]


def test_an_early_first_one_sets_the_beat():
    assert beats(4, 19, 34.5) == [0, 0, 0.5]


def test_a_constant_delay_stays_visible():
    assert beats(18, 33, 48) == pytest.approx([3, 2.985, 2.97])


def test_one_late_heartbeat_does_not_make_the_next_late():
    assert beats(15, 33, 45) == [0, 3, 0]


def test_the_drift_of_a_sleeping_server_is_forgiven():
    assert max(beats(*(15.01 * number for number in range(1, 1000)))) < 0.011


def test_an_additional_heartbeat_moves_the_schedule():
    assert beats(15, 22, 30, 45) == [0, 0, 0, 0]


def test_the_gap_is_that_between_two_heartbeats():
    rhythm = Rhythm.of_stream(0.0, 15.0)

    assert rhythm.beat(14)[1] is None
    assert rhythm.beat(30)[1] == 16


def test_missing_heartbeats_are_given_up_a_period_later():
    rhythm = Rhythm.of_stream(0.0, 15.0)

    assert rhythm.missed(29.9) == []
    assert rhythm.missed(46.0) == [31.0, 16.0]
    assert rhythm.missed(46.0) == []
    assert rhythm.overdue(46.0) == 1.0
    assert Rhythm.of_stream(0.0, 15.0).overdue(14.0) == 0.0
