"""How long to wait before the next request to a target that refused us. Pure.

The wait doubles, with jitter between half and all of it. A `Retry-After` is obeyed, up to a limit.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

FIRST = 0.5
LONGEST = 10.0
LONGEST_ASKED = 120.0
"""The longest `Retry-After` that is obeyed, in seconds: a run must not sleep for a day."""


@dataclass(slots=True)
class Backoff:
    """The wait of one user."""

    random: Random
    _failures: int = 0

    @property
    def is_calm(self) -> bool:
        """True after a success, and before the first failure."""
        return self._failures == 0

    def failed(self, asked: float | None = None) -> float:
        """Return the seconds to wait after another failure; `asked` are those that the target requested."""
        most = min(LONGEST, FIRST * 2.0 ** min(self._failures, 16))
        self._failures += 1
        wait = self.random.uniform(most / 2, most)
        return wait if asked is None else wait + min(asked, LONGEST_ASKED)

    def succeeded(self) -> None:
        """Reset the wait, because the target accepts requests again."""
        self._failures = 0


def seconds_asked(retry_after: str | None, now: datetime | None = None) -> float | None:
    """Parse a `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). None if it is missing or invalid."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
