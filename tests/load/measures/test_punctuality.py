"""A stream that is always late is distinguished from one that was late once."""

import pytest

from sigmic_load.measures.punctuality import Punctuality


@pytest.mark.parametrize(
    ("lateness", "mean", "is_late"),
    [
        ([], None, False),
        ([2.0, 2.0], None, True),
        ([0.0, 0.0, 0.3], 0.1, False),
        ([2.7, 2.7, 2.7], 2.7, True),
        ([0.0, 0.0, 2.4, 0.0], 0.6, True),
    ],
)
def test_mean_and_lateness_of_a_stream(lateness, mean, is_late):
    it = Punctuality()
    for each in lateness:
        it.note(each, 1.0)

    assert it.mean == (None if mean is None else pytest.approx(mean))
    assert it.is_late is is_late


def test_the_period_of_a_target_is_the_mean_time_between_its_heartbeats():
    it = Punctuality()
    for gap in (3.0, 3.1, 3.05):
        assert it.period is None
        it.note_gap(gap)

    assert it.period == pytest.approx(3.05)
    it.note_gap(6.1, 2)
    assert it.period == pytest.approx(3.05), "one was missing"
