"""Equal runs are equal, a run that is 20% slower is detected, and nothing is claimed without evidence."""

from random import Random

import pytest

from sigmic_load.measures.recorder import Numbers
from sigmic_load.report.build import summary
from sigmic_load.report.comparison import (
    Change,
    Tolerance,
    compare,
    differences,
    wilson,
)


def run(
    seed: int, *, slower: float = 1.0, samples: int = 4000, seconds: float = 300.0, **counts: int
) -> dict:
    """Return the report of a run of five minutes whose creations take about a fifth of a second."""
    draw, numbers = Random(seed), Numbers()
    for _ in range(samples):
        numbers.add("create", slower * draw.lognormvariate(-1.6, 0.3))
        numbers.add("client_lag", slower * slower * 0.1)
    return {
        "judged": [[2.0, 2.0 + seconds]],
        "distributions": {
            name: {"unit": "s", "says": "", **summary(it)} for name, it in numbers.distributions.items()
        },
        "counts": {name: {"value": value, "unit": "", "says": ""} for name, value in counts.items()},
    }


def changes(first: dict, second: dict) -> dict[tuple[str, str], Change]:
    return {(row.measure, row.statistic): row.change for row in compare(first, second, Tolerance())}


@pytest.mark.parametrize("seed", range(5))
def test_two_equal_runs_do_not_differ(seed):
    found = changes(run(seed), run(seed + 100))

    assert set(found) == {("create", "p50"), ("create", "p99")}, "our own lag is no measure of the target"
    assert set(found.values()) <= {Change.SAME, Change.UNSURE, Change.LIKELY}
    assert found["create", "p50"] is Change.SAME


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("slower", "change"), [(1.2, Change.WORSE), (0.8, Change.BETTER)])
def test_a_fifth_slower_or_faster_is_found(seed, slower, change):
    assert changes(run(seed), run(seed + 100, slower=slower))["create", "p50"] is change


def test_many_samples_of_a_few_seconds_are_few():
    first, second = run(1, seconds=20.0), run(2, seconds=20.0, slower=1.5)

    assert changes(first, second) == {("create", "p50"): Change.WORSE, ("create", "p99"): Change.UNSURE}


def test_a_few_samples_prove_no_change():
    assert changes(run(1, samples=9), run(2, samples=9, slower=1.2))["create", "p99"] is not Change.WORSE


def test_an_unsure_change_says_how_long_runs_must_be():
    first, second = run(1, seconds=20.0), run(2, seconds=20.0, slower=1.5)
    (needs,) = [it.needs for it in compare(first, second, Tolerance()) if it.change is Change.UNSURE]

    assert needs is not None
    assert 381 < needs < 3600
    longer = [run(seed, seconds=needs, slower=slower) for seed, slower in ((1, 1.0), (2, 1.5))]
    assert changes(*longer)["create", "p99"] is Change.WORSE


def test_what_is_not_measured_any_more_is_gone():
    second = run(2)
    del second["distributions"]["create"]

    assert changes(run(1), second)["create", "p50"] is Change.GONE


@pytest.mark.parametrize(
    ("second", "change"),
    [
        ({"requests": 1000, "requests_failed": 0}, Change.SAME),
        ({"requests": 1000, "requests_failed": 100}, Change.WORSE),
        ({"requests": 50, "requests_failed": 1}, Change.UNSURE),
        ({}, Change.GONE),
    ],
)
def test_shares_of_counts_are_compared(second, change):
    first = run(1, requests=100, requests_failed=0)

    assert changes(first, run(1, **second))["requests_failed", "share of requests"] is change


def test_more_of_the_wanted_streams_is_better():
    few = run(1, stream_seconds_wanted=10000, stream_seconds_held=8000)
    all_of_them = run(1, stream_seconds_wanted=10000, stream_seconds_held=10000)
    key = ("stream_seconds_held", "share of stream_seconds_wanted")

    assert changes(few, all_of_them)[key] is Change.BETTER
    assert changes(all_of_them, few)[key] is Change.WORSE


def test_the_interval_of_a_share_is_wilsons():
    # Newcombe 1998, table I: 81 of 263 lies between 0.2553 and 0.3662.
    found = wilson(81, 263)

    assert (round(found.least, 4), round(found.most, 4)) == (0.2553, 0.3662)
    assert wilson(0, 20).least == 0.0


def test_what_was_not_asked_alike_is_reported():
    first = {"shape": "steady", "heartbeat_period": 15.0, "users": {"ChatUser": 3}, "machine": {}}

    assert differences(first, first) == []
    assert differences(first, first | {"shape": "storm"}) == ["shape: steady and storm"]
    assert differences(first, first | {"streams": {"wanted": 60}}) == ["streams to be held: None and 60"]
