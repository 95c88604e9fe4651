"""The pending timers of one clock: a heap, soonest first, ties in the order in which they were set.

A cancelled timer stays in the heap until it is due, or until cancelled ones are the majority: most deadlines
(one day for an approval) are cancelled long before they are due.
"""

import heapq
from collections.abc import Callable, Iterator
from typing import Any

_FEW = 64


class PendingTimer:
    """Fulfils `ports.Timer`. `due` is on the clock's monotonic scale."""

    __slots__ = ("_heap", "call", "due", "idle", "name", "number", "owner")

    def __init__(self, heap: "TimerHeap", due: float, number: int, call: Callable[[], Any]) -> None:
        self._heap = heap
        self.due = due
        self.number = number
        self.call: Callable[[], Any] | None = call
        self.name = ""
        self.owner = ""
        self.idle = False
        """True if no work waits for it."""

    def cancel(self) -> None:
        if self.call is not None:
            self.call = None
            self._heap.note_cancelled()

    def __lt__(self, other: "PendingTimer") -> bool:
        return (self.due, self.number) < (other.due, other.number)


class TimerHeap:
    """The timers of one clock."""

    def __init__(self) -> None:
        self._heap: list[PendingTimer] = []
        self._cancelled = 0
        self._number = 0

    def __iter__(self) -> Iterator[PendingTimer]:
        """Yield every pending timer, soonest first."""
        return iter(sorted(timer for timer in self._heap if timer.call is not None))

    @property
    def is_awaited(self) -> bool:
        """True if some work waits for one of the pending timers."""
        return any(not timer.idle for timer in self._heap if timer.call is not None)

    def add(self, due: float, call: Callable[[], Any], name: str, owner: str, *, idle: bool) -> PendingTimer:
        """Add a timer."""
        self._number += 1
        timer = PendingTimer(self, due, self._number, call)
        timer.name, timer.owner, timer.idle = name, owner, idle
        heapq.heappush(self._heap, timer)
        return timer

    def first(self) -> PendingTimer | None:
        """Return the next timer that was not cancelled."""
        while self._heap:
            if self._heap[0].call is not None:
                return self._heap[0]
            heapq.heappop(self._heap)
            self._cancelled -= 1
        return None

    def take(self, until: float) -> PendingTimer | None:
        """Remove and return the next timer that is due at `until` or before."""
        timer = self.first()
        if timer is None or timer.due > until:
            return None
        heapq.heappop(self._heap)
        return timer

    def pull(self, number: int) -> PendingTimer | None:
        """Remove and return the pending timer with this number, whenever it is due; None if missing."""
        timer = next((each for each in self if each.number == number), None)
        if timer is not None:
            self._heap.remove(timer)
            heapq.heapify(self._heap)
        return timer

    def note_cancelled(self) -> None:
        """Count a cancelled timer. Remove the cancelled ones once they are the majority."""
        self._cancelled += 1
        if self._cancelled > _FEW and self._cancelled * 2 > len(self._heap):
            self._heap = [timer for timer in self._heap if timer.call is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0
