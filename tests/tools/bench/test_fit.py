"""The slope of a growth, and its steepest part."""

import math

import pytest

from tools.bench.fit import slope, worst_step
from tools.bench.growth import Growth


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0])
def test_the_slope_is_the_exponent(exponent):
    points = [(work, 7 * work**exponent) for work in (10, 100, 300, 1000)]
    assert math.isclose(slope(points), exponent, abs_tol=1e-9)


def test_the_steepest_step_tells_a_knee():
    points = [(1000, 100.0), (10, 1.0), (100, 1.0)]
    assert math.isclose(worst_step(points), 2.0)


@pytest.mark.parametrize("points", [[(1, 1)], [(1, 1), (1, 2)], [(0, 1), (1, 2)], [(1, 0), (2, 1)]])
def test_what_has_no_slope_is_refused(points):
    with pytest.raises(ValueError, match=r"above 0|two sizes"):
        slope(points)


def growth(*points: tuple[float, float], least: float = 1.0) -> Growth:
    return Growth(name="get", work="tasks", cost="CPU", unit="us", points=list(points), least=least)


def test_a_square_is_worse_than_linear_and_a_flat_cost_is_not():
    assert not growth((10, 1), (100, 100)).is_linear
    assert growth((10, 5), (100, 5)).is_linear


def test_work_below_the_least_is_shown_but_not_fitted():
    it = growth((1, 100), (10, 1), (100, 10), least=10)
    assert "slope 1.00" in it.line()
    assert "1: 100" in it.line()


def test_a_plot_is_a_file_of_its_own():
    text = growth((10, 5), (100, 5)).plot()
    assert text.startswith("<svg ")
    assert 'xmlns="http://www.w3.org/2000/svg"' in text
    assert text.count("<circle") == 2
