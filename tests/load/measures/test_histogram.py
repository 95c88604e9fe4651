"""Quantiles are at most 1% wrong, and merging loses nothing."""

import json
import random

import pytest

from sigmic_load.measures.histogram import RELATIVE_ERROR, Histogram


def filled(*values: float) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("shape", ["lognormal", "uniform", "two humps"])
def test_a_quantile_is_at_most_one_percent_off(share, shape):
    draw = random.Random(7)
    values = sorted(
        {
            "lognormal": lambda: draw.lognormvariate(-4, 2),
            "uniform": lambda: draw.uniform(0.001, 20),
            "two humps": lambda: draw.choice([draw.gauss(0.01, 0.001), draw.gauss(3, 0.1)]),
        }[shape]()
        for _ in range(5000)
    )
    exact = values[max(0, -(-int(share * len(values) * 1e9) // 10**9) - 1)]

    assert filled(*values).quantile(share) == pytest.approx(exact, rel=RELATIVE_ERROR + 1e-9)


def test_merging_is_the_same_as_measuring_together():
    draw = random.Random(3)
    values = [draw.expovariate(5) for _ in range(2000)]
    together = filled(*values)
    merged = filled(*values[:700])
    merged.merge(filled(*values[700:]))

    assert merged.slots == together.slots
    assert (merged.count, merged.least, merged.most) == (together.count, together.least, together.most)
    assert merged.total == pytest.approx(together.total)
    assert [merged.quantile(share / 100) for share in range(101)] == [
        together.quantile(share / 100) for share in range(101)
    ]


def test_what_came_since_an_earlier_state():
    histogram = filled(0.1, 0.1, 5.0, 0.0)
    earlier = histogram.copy()
    for value in (0.1, 2.0, 0.0):
        histogram.add(value)

    later = histogram.since(earlier)

    assert (later.count, later.nothing) == (3, 1)
    assert later.most == pytest.approx(2.0, rel=RELATIVE_ERROR)
    assert later.quantile(0.5) == pytest.approx(0.1, rel=RELATIVE_ERROR)
    assert earlier.count == 4, "the earlier state is untouched"


def test_it_survives_the_wire():
    histogram = filled(0.0, 0.003, 12.0)

    assert Histogram.from_wire(json.loads(json.dumps(histogram.to_wire()))) == histogram
    assert Histogram.from_wire(json.loads(json.dumps(Histogram().to_wire()))) == Histogram()


def test_nothing_has_no_quantile():
    assert Histogram().quantile(0.5) is None
    assert Histogram().mean is None
    assert filled(0.0).quantile(0.99) == 0.0


def test_the_most_is_exact():
    assert filled(0.5, 0.777).quantile(1.0) == 0.777
