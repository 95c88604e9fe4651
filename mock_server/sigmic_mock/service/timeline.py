"""The timeline of each task, in order, with the project's time: for people who debug a task.

Bounded in entries per task and in tasks; dropped entries are counted. Kept in memory: after a restart a
timeline is empty.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sigmic_mock.domain.events import Event

_MOST_ENTRIES = 1_000
_MOST_TASKS = 2_000
_TOLD = {"call_id": "call", "tool_name": "tool", "status": "status"}
"""Fields of events, and how a timeline calls them."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry, at `at` (epoch milliseconds)."""

    at: int
    what: str
    about: Mapping[str, Any]


@dataclass(slots=True)
class Timeline:
    """One task's entries, oldest first; `dropped` is the number of older ones."""

    entries: deque[TimelineEntry] = field(default_factory=lambda: deque(maxlen=_MOST_ENTRIES))
    dropped: int = 0


def about(event: Event) -> dict[str, str]:
    """Return what a timeline shows of an event in addition to its name: the call, the status; no content."""
    told = {short: getattr(event, name, None) for name, short in _TOLD.items()}
    return {short: str(value) for short, value in told.items() if value is not None}


class Timelines:
    """The timelines of the tasks with the latest entries."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, Timeline] = OrderedDict()

    def note(self, task_id: str, at: int, what: str, **about: Any) -> None:
        """Add an entry to a task's timeline."""
        timeline = self._of.get(task_id)
        if timeline is None:
            timeline = self._of[task_id] = Timeline()
            if len(self._of) > _MOST_TASKS:
                self._of.popitem(last=False)
        timeline.dropped += len(timeline.entries) == _MOST_ENTRIES
        timeline.entries.append(TimelineEntry(at, what, about))
        self._of.move_to_end(task_id)

    def of(self, task_id: str) -> Timeline:
        """Return the timeline of a task."""
        return self._of.get(task_id) or Timeline()

    def forget(self, task_id: str) -> None:
        """The task is no more."""
        self._of.pop(task_id, None)
