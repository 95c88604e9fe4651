"""The streams that one user wants, and for those it has not, whose doing that is. Pure.

Only what the target did counts against it: a stream that it cut or refused is missing by its doing until one
opens in its place. One whose task ended, or that was never asked for, is idle. One that we dropped in a wave
is returning: it says how fast a target takes everybody back, not how available it was.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """How many streams of a user stand how."""

    held: int = 0
    missing: int = 0
    returning: int = 0


@dataclass(slots=True)
class Slots:
    """`wanted` streams."""

    wanted: int
    _missing: int = 0
    _returning: int = 0
    _is_without_tasks: bool = False

    def cut(self) -> None:
        """The target ended a stream whose task goes on."""
        self._missing += 1

    def refused(self) -> None:
        """The target did not open a stream."""
        if self._returning:
            self._returning -= 1
        self._missing += 1

    def created(self, *, is_refused: bool) -> None:
        """A task was created, or the target would not: then nothing can be opened at all."""
        self._is_without_tasks = is_refused

    def dropped(self, streams: int) -> None:
        """We left so many at once, and want them back."""
        self._returning = streams

    def opened(self) -> None:
        """A stream opened: one is missing no more."""
        if self._missing:
            self._missing -= 1
        elif self._returning:
            self._returning -= 1

    def stand(self, open_now: int, silent: int) -> Standing:
        """Return how they stand; `silent` of those that are open have not been heard for too long."""
        away = max(0, self.wanted - open_now)
        self._missing = min(self._missing, away)
        self._returning = min(self._returning, away - self._missing)
        if self._is_without_tasks:
            return Standing(held=open_now - silent, missing=away + silent)
        return Standing(held=open_now - silent, missing=self._missing + silent, returning=self._returning)
