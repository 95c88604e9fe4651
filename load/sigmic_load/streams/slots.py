"""The streams that one user wants, and who caused the missing ones. Pure.

What the target did counts against it immediately: a stream that it cut, failed or refused is missing
until one opens instead. A slot that is empty for another reason (not requested yet, no answer yet, the task
is over) has `patience` seconds; after that its stream is missing, too. A stream that we dropped in a wave
is returning: it shows how fast a target accepts all clients again, not how available it was.
"""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Standing:
    """The number of a user's streams by state."""

    held: int = 0
    missing: int = 0
    returning: int = 0


@dataclass(slots=True)
class Slots:
    """`wanted` streams, from `began` on. All times are of a clock that stops while this process stalls."""

    wanted: int
    patience: float
    began: float
    _missing: int = 0
    _returning: int = 0
    _empty: deque[float] = field(init=False)
    """Since when each of the other slots is empty."""
    _is_without_tasks: bool = False

    def __post_init__(self) -> None:
        self._empty = deque([self.began] * self.wanted)

    def lost(self) -> None:
        """The target ended a stream that should have continued."""
        self._missing += 1

    def vacated(self, now: float) -> None:
        """A stream ended in a way that is not a failure of the target."""
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
        """A task was created or refused. If it was refused, no stream can be opened."""
        self._is_without_tasks = is_refused

    def dropped(self, streams: int) -> None:
        """We dropped these streams in a wave and request them again."""
        self._returning += streams

    def opened(self) -> None:
        """A stream opened, so one less is missing."""
        if self._missing:
            self._missing -= 1
        elif self._returning:
            self._returning -= 1
        elif self._empty:
            self._empty.popleft()

    def stand(self, open_now: int, silent: int, now: float) -> Standing:
        """Return the number of streams by state; `silent` of the open ones have sent nothing for too long."""
        away = max(0, self.wanted - open_now)
        if self._is_without_tasks:
            return Standing(held=open_now - silent, missing=away + silent)
        overdue = sum(now - since >= self.patience for since in self._empty)
        missing = min(self._missing + overdue, away)
        returning = min(self._returning, away - missing)
        return Standing(held=open_now - silent, missing=missing + silent, returning=returning)
