"""Cases that noise leaves undecided, and cases that it cannot hide."""

import pytest

from sigmic_conformance.model.record.timing import (
    NANO,
    Comparison,
    compare,
    jitter,
    noisy,
    round_trip_spread,
)
from tests.conformance.kit import P, record


def test_the_spread_of_round_trips():
    assert round_trip_spread([]) == 0
    assert round_trip_spread([1, 1, 900]) == 0
    assert round_trip_spread([10] * 99 + [1000]) < 50
    assert round_trip_spread([10, 10, 10, 10, 1000]) > 900


def test_noise_is_the_larger_of_lag_and_spread():
    quiet = record(facts={"p": {"round trips": [NANO] * 20}}, lag=0.2)
    spread = record(facts={"p": {"round trips": [0] * 10 + [NANO] * 10}}, lag=0.2)

    assert jitter(quiet, P) == 0.2 * NANO
    assert jitter(spread, P) == 0.5 * NANO


@pytest.mark.parametrize(
    ("interval", "lag", "silence", "expected"),
    [
        (15, 0.0, 15.4, Comparison.WITHIN),
        (15, 0.0, 15.6, Comparison.BEYOND),
        (15, 1.0, 17.9, Comparison.WITHIN),  # 3 J are allowed if J is not noise
        (15, 1.0, 18.1, Comparison.BEYOND),
        (15, 2.0, 13.0, Comparison.WITHIN),  # noise, but it could have hidden only two seconds
        (15, 2.0, 15.2, Comparison.UNDECIDED),
        (15, 2.0, 22.0, Comparison.UNDECIDED),
        (15, 2.0, 30.0, Comparison.BEYOND),
        (0.5, 0.06, 0.55, Comparison.WITHIN),  # more than a twelfth of the interval, and far from the limit
        (0.5, 0.06, 1.2, Comparison.BEYOND),
        (0.5, 0.06, 0.98, Comparison.UNDECIDED),
    ],
)
def test_a_silence_is_decided_unless_noise_could_have_hidden_the_difference(interval, lag, silence, expected):
    made = record(probes=("p",), lag=lag, heartbeat_seconds=interval)

    assert compare(made, round(silence * NANO), P) is expected


def test_a_twelfth_of_the_interval_is_noise():
    assert not noisy(record(probes=("p",), lag=1.2, heartbeat_seconds=15), P)
    assert noisy(record(probes=("p",), lag=1.3, heartbeat_seconds=15), P)
