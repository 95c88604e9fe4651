"""The interval of a rate that was counted in a sample."""

import math

Z_95 = 1.959964
"""The normal quantile of an interval that holds the true rate in 95 of 100 samples."""


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The bounds of the true rate (Wilson's score interval, 95 %); 0 and 1 when nothing was tried."""
    if not trials:
        return 0.0, 1.0
    rate, square = hits / trials, Z_95**2
    middle = rate + square / (2 * trials)
    spread = Z_95 * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    scale = 1 + square / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
