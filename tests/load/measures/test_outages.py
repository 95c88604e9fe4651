"""The time until all streams were back, to the second."""

import pytest

from sigmic_load.measures.outages import Outage, outages, unfinished_recovery
from sigmic_load.measures.timeline import Timeline


def course(*shares: float | None) -> Timeline:
    """A hundred streams wanted from second 100 on, and the share held in each second; None: no sample."""
    timeline = Timeline()
    for second, share in enumerate(shares, 100):
        if share is not None:
            moment = timeline.at(second)
            moment.held = 100 * share
            moment.missing = 100 * (1 - share)
            moment.returning = 50.0
    return timeline


@pytest.mark.parametrize(
    ("shares", "found"),
    [
        ([1, 1, 1, 1], []),
        ([1, 0.995, 1, 1], []),
        ([1, 0.5, 0.2, 0.9, 1, 1], [(101, 3, 0.2, True)]),
        ([1, 0.5, None, 0.9, 1], [(101, 3, 0.5, True)]),
        ([1, 0.5, 1, 0.0, 0.0], [(101, 1, 0.5, True), (103, 2, 0.0, False)]),
    ],
)
def test_an_outage_lasts_until_all_are_back(shares, found):
    timeline = course(*shares)

    seen = outages(timeline, [(99.4, 100.0 + len(shares) - 1)])

    assert [(it.began, it.seconds, pytest.approx(it.least), it.is_over) for it in seen] == found


def test_what_is_outside_the_judged_spans_is_none():
    timeline = course(0, 0, 1, 0, 1, 0, 0)

    assert outages(timeline, [(101.5, 104.9)]) == [Outage(began=103, seconds=1, least=0.0, is_over=True)]
    assert outages(timeline, []) == outages(Timeline(), [(0, 9)]) == []


@pytest.mark.parametrize(
    ("shares", "returning", "lasting"),
    [
        ([1, 0.5, 1, 1, 1, 1], 0.0, None),
        ([1, 1, 0.5, 0.4, 0.4, 0.4], 0.0, 4.0),
        ([1, 1, 1, 1, 1, 1], 50.0, 5.0),  # a wave that has not recovered
    ],
)
def test_what_is_not_over_has_lasted_until_the_end(shares, returning, lasting):
    timeline = course(*shares)
    for moment in timeline.moments.values():
        moment.returning = returning
    spans = [(99.4, 100.0 + len(shares) - 1), (100.4, 100.0 + len(shares) - 1)]

    assert unfinished_recovery(timeline, outages(timeline, spans[1:]), spans) == lasting
