"""The time of this process: epoch seconds that never step, because they grow with the monotonic clock."""

from time import monotonic, time

_BEFORE = time() - monotonic()
"""Epoch seconds at the zero of the monotonic clock, as the machine's clock said when the process started."""


def now() -> float:
    """Return the epoch seconds. A change of the machine's clock does not move them."""
    return _BEFORE + monotonic()
