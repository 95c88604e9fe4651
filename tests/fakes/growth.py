"""How the work of a pure function grows with its text."""

import time
from collections.abc import Callable

MOST_GROWTH = 3.2
"""Of the work for twice the text: linear work doubles, quadratic work quadruples."""
_LEAST_SECONDS = 0.004
"""Below this the clock of the machine says more than the work."""


def seconds(work: Callable[[str], object], text: str) -> float:
    """Return the least CPU time of three runs."""
    taken = []
    for _ in range(3):
        began = time.thread_time()
        work(text)
        taken.append(time.thread_time() - began)
    return min(taken)


def growth(work: Callable[[str], object], shape: str, characters: int) -> float:
    """Return by how much the work grows from a text of `characters` to one of twice the length.

    `shape` is repeated to fill the text.
    """
    text = (shape * (2 * characters // len(shape) + 1))[: 2 * characters]
    long = seconds(work, text)
    if long < _LEAST_SECONDS:
        return 1.0
    return long / max(seconds(work, text[:characters]), _LEAST_SECONDS / 2)
