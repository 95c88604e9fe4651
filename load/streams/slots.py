"""The streams that one user wants, and for those it has not, whose doing that is. Pure.

What the target did counts against it immediately: a stream that it cut, failed or refused is missing until
one opens instead. A place that is empty for another reason (not asked for yet, no answer yet, the task is
over) has `patience` seconds; then its stream is missing, too. One that we dropped in a wave is returning: it
says how fast a target takes all clients back, not how available it was.
"""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Standing:
    """How many streams of a user stand how."""

    held: int = 0
    missing: int = 0
    returning: int = 0


@dataclass(slots=True)
class Slots:
    """`wanted` streams, from `began` on; all times are of a clock that stands still when we do."""

    wanted: int
    patience: float
    began: float
    _missing: int = 0
    _returning: int = 0
    _empty: deque[float] = field(init=False)
    """Since when each of the other places is empty."""
    _is_without_tasks: bool = False

    def __post_init__(self) -> None:
        self._empty = deque([self.began] * self.wanted)

    def lost(self) -> None:
        """The target ended a stream that was to continue."""
        self._missing += 1

    def vacated(self, now: float) -> None:
        """A stream ended, which does not count as a failure of the target."""
        self._empty.append(now)

    def refused(self) -> None:
        """The target did not open a stream."""
        if self._returning:
            self._returning -= 1
        elif self._empty:
            self._empty.popleft()
        else:
            return
        self._missing += 1

    def created(self, *, is_refused: bool) -> None:
        """A task was created, or the target would not: then nothing can be opened at all."""
        self._is_without_tasks = is_refused

    def dropped(self, streams: int) -> None:
        """We left so many at once, and want them back."""
        self._returning += streams

    def opened(self) -> None:
        """A stream opened: one is missing no more."""
        if self._missing:
            self._missing -= 1
        elif self._returning:
            self._returning -= 1
        elif self._empty:
            self._empty.popleft()

    def stand(self, open_now: int, silent: int, now: float) -> Standing:
        """Return how they stand; `silent` of those that are open have not been heard for too long."""
        away = max(0, self.wanted - open_now)
        if self._is_without_tasks:
            return Standing(held=open_now - silent, missing=away + silent)
        overdue = sum(now - since >= self.patience for since in self._empty)
        missing = min(self._missing + overdue, away)
        returning = min(self._returning, away - missing)
        return Standing(held=open_now - silent, missing=missing + silent, returning=returning)
