"""Count the activity of a project: requests being answered, running runs, sandboxes being ended.

A clock that does not move automatically waits until there is none. Work that waits for a timer or for a
caller is not busy: it cannot continue before time passes or a caller acts.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager


class _Working:
    """Counts the work inside. It has no state, so one instance serves all callers, twice per request."""

    __slots__ = ("_activity",)

    def __init__(self, activity: "Activity") -> None:
        self._activity = activity

    def __enter__(self) -> None:
        self._activity.enter()

    def __exit__(self, *_error: object) -> None:
        self._activity.leave()


class _Waiting:
    """Excludes the work inside from the count."""

    __slots__ = ("_activity", "_on_caller")

    def __init__(self, activity: "Activity", *, on_caller: bool) -> None:
        self._activity = activity
        self._on_caller = on_caller

    def __enter__(self) -> None:
        self._activity.on_callers += self._on_caller
        self._activity.leave()

    def __exit__(self, *_error: object) -> None:
        self._activity.on_callers -= self._on_caller
        self._activity.enter()


class Activity:
    """Counts running work, and wakes the callers that wait for quiet."""

    def __init__(self, on_quiet: Callable[[], None]) -> None:
        self._on_quiet = on_quiet
        self._quiet: asyncio.Event = asyncio.Event()
        self._quiet.set()
        self.busy = 0
        self.on_callers = 0
        """Work that waits for a caller (an approval). It delays `autojump`, but not `advance`."""
        self.began = 0
        """Grows with every piece of work. If two readings are equal with `busy` 0, nothing ran in between."""
        self._working = _Working(self)
        self._waiting = _Waiting(self, on_caller=False), _Waiting(self, on_caller=True)

    def working(self) -> AbstractContextManager[None]:
        """Count the work inside."""
        return self._working

    def waiting(self, *, on_caller: bool) -> AbstractContextManager[None]:
        """Do not count what happens inside: a wait within work."""
        return self._waiting[on_caller]

    async def quiet(self) -> None:
        """Return when nothing is busy."""
        await self._quiet.wait()

    def enter(self) -> None:
        """Count a piece of work that starts; use `working`."""
        if self.busy == 0:
            self._quiet.clear()
        self.busy += 1
        self.began += 1

    def leave(self) -> None:
        """Count a piece of work that has ended, or waits."""
        self.busy -= 1
        if self.busy == 0:
            self._quiet.set()
            self._on_quiet()
