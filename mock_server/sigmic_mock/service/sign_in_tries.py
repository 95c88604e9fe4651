"""Counts wrong passwords, so that guessing takes long and an attacker locks out only their own address.

Rule: a try counts for a minute, never less. When there is no room for another one, that one is refused.
"""

import math
from collections import OrderedDict, deque

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.ports import Clock

SECONDS = 60.0
MOST_HERE = 5
"""Wrong tries a minute for one name from one address."""
MOST_BY_NAME = 50
"""For one name from all addresses: many addresses guess no faster."""
MOST_BY_ADDRESS = 100
"""For all names from one address: one address cannot fill the table."""
MOST_COUNTS = 10_000

_About = tuple[str | None, str | None]
"""A name and an address; None if the count is for all of them."""


class SignInTries:
    """The wrong tries of the last minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: OrderedDict[_About, deque[float]] = OrderedDict()
        """The count that was added to last is last."""

    def check(self, name: str, address: str) -> None:
        """Raise RATE_LIMITED when another try must wait."""
        now = self._clock.monotonic()
        self._forget(now)
        for about, most in _counts(name, address):
            tries = self._tries.get(about)
            if tries is not None and len(tries) == most and now - tries[0] < SECONDS:
                raise _limited(SECONDS - (now - tries[0]))
        if len(self._tries) > MOST_COUNTS - len(_counts(name, address)):
            raise _limited(SECONDS)

    def count(self, name: str, address: str) -> None:
        """A try was wrong; call it after `check`."""
        for about, most in _counts(name, address):
            self._tries.setdefault(about, deque(maxlen=most)).append(self._clock.monotonic())
            self._tries.move_to_end(about)

    def clear(self, name: str, address: str) -> None:
        """The right password was given: reset the count of that name at this address."""
        self._tries.pop((name, address), None)

    def _forget(self, now: float) -> None:
        while self._tries:
            about, tries = next(iter(self._tries.items()))
            if now - tries[-1] < SECONDS:
                return
            del self._tries[about]


def _counts(name: str, address: str) -> tuple[tuple[_About, int], ...]:
    return ((name, address), MOST_HERE), ((name, None), MOST_BY_NAME), ((None, address), MOST_BY_ADDRESS)


def _limited(seconds: float) -> ApiError:
    wait = max(1, math.ceil(seconds))
    message = f"Too many wrong tries; wait {wait} seconds"
    return ApiError(ErrorCode.RATE_LIMITED, message, headers={"Retry-After": str(wait)})
