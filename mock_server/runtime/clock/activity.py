"""The activity of a project: requests being answered, runs at work, sandboxes being ended.

Time of a clock that does not move by itself waits for it. Work that waits for a timer or for a caller is
not busy: nothing will come of it before time passes or somebody acts.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager


class _Working:
    """Counts what happens inside. It keeps nothing, so one serves everybody: each request enters it twice."""

    __slots__ = ("_activity",)

    def __init__(self, activity: "Activity") -> None:
        self._activity = activity

    def __enter__(self) -> None:
        self._activity.enter()

    def __exit__(self, *_error: object) -> None:
        self._activity.leave()


class _Waiting:
    """Does not count what happens inside."""

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
    """Counts; and wakes whoever waits for quiet."""

    def __init__(self, on_quiet: Callable[[], None]) -> None:
        self._on_quiet = on_quiet
        self._quiet: asyncio.Event = asyncio.Event()
        self._quiet.set()
        self.busy = 0
        self.on_callers = 0
        """Work that waits for a caller (an approval): it holds `autojump` back, but not `advance`."""
        self.began = 0
        """Grows with every piece of work: two equal readings with `busy` 0 are a quiet time."""
        self._working = _Working(self)
        self._waiting = _Waiting(self, on_caller=False), _Waiting(self, on_caller=True)

    def working(self) -> AbstractContextManager[None]:
        """Count what happens inside."""
        return self._working

    def waiting(self, *, on_caller: bool) -> AbstractContextManager[None]:
        """Do not count what happens inside, a wait within work."""
        return self._waiting[on_caller]

    async def quiet(self) -> None:
        """Return when nothing is busy."""
        await self._quiet.wait()

    def enter(self) -> None:
        """A piece of work begins; use `working`."""
        if self.busy == 0:
            self._quiet.clear()
        self.busy += 1
        self.began += 1

    def leave(self) -> None:
        """It is over, or waits."""
        self.busy -= 1
        if self.busy == 0:
            self._quiet.set()
            self._on_quiet()
