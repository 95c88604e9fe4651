"""Fit how cost grows with the work: the slope of a straight line through the logarithms. Pure.

Slope 0: the cost is constant; 1: it is proportional to the work; above 1: it grows faster.
"""

import itertools
import math
from collections.abc import Sequence

LINEAR = 1.15
"""The slope up to which a series counts as linear or better: noise in few points hides such a difference."""


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the exponent of cost = a * work ** exponent, by least squares over the logarithms.

    Raises `ValueError` for values that have no logarithm and for fewer than two sizes.
    """
    if any(work <= 0 or cost <= 0 for work, cost in points):
        raise ValueError("work and cost must be above 0")
    xs = [math.log(work) for work, _ in points]
    ys = [math.log(cost) for _, cost in points]
    if len(set(xs)) < 2:
        raise ValueError("two sizes of work are needed")
    x_mean, y_mean = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    across = math.fsum((x - x_mean) ** 2 for x in xs)
    return math.fsum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / across


def worst_step(points: Sequence[tuple[float, float]]) -> float:
    """Return the steepest slope between two neighbouring points: a knee would be there."""
    ordered = sorted(points)
    return max(slope(pair) for pair in itertools.pairwise(ordered))
