"""Breakpoints: each pauses one task once, before an event, until it is released or its limit has passed.

The limit is real time: while a task is paused, a clock in autojump mode does not advance.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any

from sigmic_mock.faults.effect import BREAKPOINT
from sigmic_mock.faults.subject import Subject
from sigmic_mock.ports import Clock


class State(StrEnum):
    """How far a breakpoint is."""

    WAITING = "waiting"
    PAUSED = "paused"
    RELEASED = "released"
    TIMED_OUT = "timed_out"


@dataclass(slots=True, kw_only=True, eq=False)
class Breakpoint:
    """One breakpoint. `event` is a kind of event, or several with `|`; without `task` the first is paused."""

    number: int
    project: str
    event: str
    task: str | None
    limit: float
    detach: Callable[[], None]
    state: State = State.WAITING
    before: str | None = None
    """The event before which it has paused its task."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def matches(self, subject: Subject, event: str) -> bool:
        """Return whether it pauses a task before this event."""
        is_there = self.project == subject.project and self.task in {None, subject.task}
        return is_there and self.state is State.WAITING and event in self.event.split("|")

    def as_json(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        names = ("number", "project", "event", "task", "before", "limit")
        return {name: getattr(self, name) for name in names} | {"state": self.state.value}


class Breakpoints:
    """The breakpoints of a server. Without any, no step of the platform is replaced."""

    def __init__(self, hold_step: Callable[[str], Callable[[], None]]) -> None:
        self._hold_step = hold_step
        self._numbers = count(1)
        self._all: list[Breakpoint] = []

    def set(self, project: str, event: str, *, task: str | None, limit: float) -> Breakpoint:
        """Set one; `limit` is in real seconds."""
        detach = self._hold_step(BREAKPOINT)
        number = next(self._numbers)
        made = Breakpoint(number=number, project=project, event=event, task=task, limit=limit, detach=detach)
        self._all.append(made)
        return made

    def of(self, project: str) -> tuple[Breakpoint, ...]:
        """Return the breakpoints of a project, in the order in which they were set."""
        return tuple(each for each in self._all if each.project == project)

    def release(self, one: Breakpoint) -> None:
        """Let its task continue; if it has not paused a task, it never will. Idempotent."""
        self._end(one, State.RELEASED)

    def clear(self, project: str | None = None) -> None:
        """Release and remove the breakpoints of a project, or all."""
        for each in tuple(self._all) if project is None else self.of(project):
            self.release(each)
            self._all.remove(each)

    async def pause(self, subject: Subject, event: str, clock: Clock) -> None:
        """Wait here, if a breakpoint is set before this event."""
        found = next((each for each in self._all if each.matches(subject, event)), None)
        if found is None:
            return
        found.state, found.task, found.before = State.PAUSED, subject.task, event
        found.reached.set()
        try:
            with clock.waiting(on_caller=True):
                await asyncio.wait_for(found.released.wait(), found.limit)
        except TimeoutError:
            self._end(found, State.TIMED_OUT)
        finally:
            self._end(found, State.RELEASED)

    def _end(self, one: Breakpoint, state: State) -> None:
        if one.state in {State.WAITING, State.PAUSED}:
            one.state = state
            one.released.set()
            one.detach()
