"""Fit how cost grows with the work: the slope of a straight line through the logarithms. Pure.

Slope 0: the cost is constant; 1: it is proportional to the work; above 1: it grows faster.
"""

import itertools
import math
from collections.abc import Sequence
from statistics import linear_regression

LINEAR = 1.15
"""The slope up to which a series counts as linear or better: noise in few points hides such a difference."""


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the exponent of cost = a * work ** exponent, by least squares over the logarithms.

    Raises `ValueError` for values that have no logarithm and for fewer than two sizes.
    """
    if any(work <= 0 or cost <= 0 for work, cost in points):
        raise ValueError("work and cost must be above 0")
    if len({work for work, _ in points}) < 2:
        raise ValueError("two sizes of work are needed")
    return linear_regression(*([math.log(each[axis]) for each in points] for axis in (0, 1))).slope


def worst_step(points: Sequence[tuple[float, float]]) -> float:
    """Return the steepest slope between two neighbouring points: a knee would be there."""
    ordered = sorted(points)
    return max(slope(pair) for pair in itertools.pairwise(ordered))
