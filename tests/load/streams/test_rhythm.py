"""When a heartbeat is due, and how late it was."""

import pytest

from sigmic_load.streams.rhythm import Rhythm


def beats(*at: float, opened: float = 0.0) -> list[float]:
    rhythm = Rhythm.of_stream(opened, 15.0)
    return [round(rhythm.beat(each)[0], 6) for each in at]


@pytest.mark.parametrize(
    ("came_at", "late"),
    [
        ((15, 30, 45), [0, 0, 0]),
        ((4, 19, 34.5), [0, 0, 0.5]),
        ((18, 33, 48), [3, 2.985, 2.97]),
        ((15, 33, 45), [0, 3, 0]),
        ((15, 22, 30, 45), [0, 0, 0, 0]),
    ],
    ids=["on time", "an early first one", "a constant delay", "one late", "an additional one"],
)
def test_only_the_late_heartbeat_is_late(came_at: tuple[float, ...], late: list[float]):
    assert beats(*came_at) == late


def test_the_drift_of_a_sleeping_server_is_forgiven():
    assert max(beats(*(15.01 * number for number in range(1, 1000)))) < 0.011


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
