"""The report on samples: ratios of neighbouring runs, which bounds hold, the table."""

import json
from typing import Any

import pytest

from lab.bench.figures import Bound, Row, quantile, short, table


def row(**fields: Any) -> Row:
    return Row(**{"what": "get", "unit": "/s", "floor": [100, 200, 400], "ours": [50, 140, 200]} | fields)


def test_a_ratio_is_that_of_two_runs_which_followed_one_another():
    assert row().ratios == [0.5, 0.7, 0.5]
    assert row().judged == 0.5


def test_a_floor_of_nothing_gives_no_ratio():
    assert row(floor=[0.0], ours=[1.0]).ratios == []


@pytest.mark.parametrize(
    ("milestone", "goal", "met"),
    [
        (Bound(least=0.5), Bound(least=0.7), "milestone"),
        (Bound(least=0.3), Bound(least=0.5), "goal"),
        (Bound(least=0.6), Bound(least=0.7), "no"),
        (Bound(most=0.4), None, "no"),
        (None, Bound(most=0.4), "no"),
        (None, None, ""),
    ],
)
def test_which_bound_is_kept(milestone, goal, met):
    assert row(milestone=milestone, goal=goal).met == met


def test_a_bound_may_speak_of_our_own_figure():
    assert row(by_ratio=False, milestone=Bound(most=140)).met == "milestone"
    assert row(by_ratio=False, milestone=Bound(most=139)).met == "no"


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)])
def test_a_quantile_is_one_of_the_samples(share, value):
    assert quantile(list(range(100, 0, -1)), share) == value


def test_a_quantile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no samples"):
        quantile([], 0.5)


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "0.12"), (12.34, "12.3"), (1234.5, "1,234"), (-200, "-200")]
)
def test_numbers_are_short(value, text):
    assert short(value) == text


def test_the_table_shows_both_sides_the_spread_and_the_bounds():
    text = table([row(milestone=Bound(least=0.3), goal=Bound(least=0.7), note="by CPU")])
    assert "| get  | 200 /s | 140 /s | 0.50  | 0.50 to 0.70, n 3 | ≥ 0.3     | ≥ 0.7 | milestone |" in text
    assert text.endswith("\nget: by CPU\n")


def test_a_row_without_a_floor_shows_the_spread_of_our_own():
    assert "| -     | 140 /s | -     | 50.0 to 200, n 3 |" in table([row(floor=())])


def test_every_sample_is_in_the_json():
    told = json.loads(json.dumps(row(goal=Bound(least=0.7)).as_json()))
    assert told["ours"] == [50, 140, 200]
    assert told["ratios"] == [0.5, 0.7, 0.5]
    assert told["met"] == "no"
