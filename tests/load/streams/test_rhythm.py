"""How late a heartbeat was: by its distance from the one before."""

import pytest

from sigmic_load.streams.rhythm import Rhythm


def beats(*at: float, opened: float = 0.0, period: float = 15.0) -> list[float]:
    rhythm = Rhythm(opened, period)
    return [round(rhythm.beat(each).lateness, 6) for each in at]


@pytest.mark.parametrize(
    ("came_at", "late"),
    [
        ((15, 30, 45), [0, 0, 0]),
        ((4, 19, 34.5), [0, 0, 0.5]),
        ((18, 33, 48), [3, 0, 0]),
        ((15, 33, 45), [0, 3, 0]),
        ((15, 22, 30, 45), [0, 0, 0, 0]),
    ],
    ids=["on time", "an early first one", "a late first one", "one late", "an additional one"],
)
def test_a_heartbeat_is_late_by_its_distance_from_the_one_before(came_at, late):
    assert beats(*came_at) == late


@pytest.mark.parametrize(("period", "late"), [(3.06, 0.06), (3.3, 0.3)])
def test_a_period_that_is_a_little_longer_is_late_by_that_little_however_long_it_runs(period, late):
    rhythm = Rhythm(0.0, 3.0)
    seen = [rhythm.beat(number * period) for number in range(1, 1000)]

    assert max(it.lateness for it in seen) == pytest.approx(late)
    assert not any(it.missed for it in seen), "each of them came"


def test_the_gap_is_that_between_two_heartbeats():
    rhythm = Rhythm(0.0, 15.0)

    assert rhythm.beat(14).gap is None
    assert rhythm.beat(30).gap == 16


@pytest.mark.parametrize("comes_at", [29.6, 30.0, 30.4])
def test_a_heartbeat_is_missing_if_the_next_one_comes_instead(comes_at):
    rhythm = Rhythm(0.0, 15.0)

    beat = rhythm.beat(comes_at)

    assert len(beat.missed) == 1
    assert beat.lateness == pytest.approx(max(0.0, comes_at - 30.0))


def test_heartbeats_that_lay_in_a_socket_while_we_stood_still_are_not_missing():
    rhythm = Rhythm(0.0, 1.0)

    assert rhythm.beat(2.3, lag=1.3).missed == ()
    (lateness,) = rhythm.beat(6.0, lag=1.3).missed
    assert lateness == pytest.approx(1.45), "it was missing before the stall"


def test_missing_heartbeats_are_given_up_a_period_later():
    rhythm = Rhythm(0.0, 15.0)

    assert rhythm.missed(29.9) == []
    assert rhythm.missed(46.0) == [31.0, 16.0]
    assert rhythm.missed(46.0) == []
    assert rhythm.overdue(46.0) == 1.0
    beat = rhythm.beat(47.0)
    assert (beat.missed, beat.periods) == ((), 3), "they were counted before"
    assert Rhythm(0.0, 15.0).overdue(14.0) == 0.0
