"""The entries of every project, bounded: the oldest entries in excess are dropped, and counted.

Each project has a limit of entries, all together a limit of bytes. If there are too many bytes, a project
with more than its share loses entries, so that a noisy test process cannot displace those of a quiet one.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import NamedTuple

from sigmic_mock.journal.entry import Entry
from sigmic_mock.journal.tally import Tally, added

MOST_BYTES = 64 * 1024 * 1024
"""For all entries of the server together."""


class Numbered(NamedTuple):
    """An entry and its number, which increases over the whole server and is never reused."""

    number: int
    entry: Entry
    size: int = 0


class _Ring:
    """The entries of one project."""

    __slots__ = ("bytes", "dropped", "entries", "reset_at")

    def __init__(self) -> None:
        self.entries: deque[Numbered] = deque()
        self.bytes = 0
        self.dropped = 0
        self.reset_at = 0

    def drop(self) -> int:
        """Drop the oldest entry; return its bytes."""
        size = self.entries.popleft().size
        self.bytes -= size
        self.dropped += 1
        return size


class Journal:
    """The developer's journal. `most_entries` is per project; None is for entries without a project."""

    def __init__(self, most_entries: int, *, most_bytes: int = MOST_BYTES) -> None:
        self.most_entries = most_entries
        self._most_bytes = most_bytes
        self._rings: dict[str | None, _Ring] = {}
        self._numbers = count(1)
        self._bytes = 0
        self._watchers: list[Callable[[Numbered], None]] = []
        self._tallies: dict[str | None, Tally] = {}
        self.last = 0
        """The number of the newest entry."""

    def add(self, entry: Entry, born: int) -> int:
        """Add an entry; return its number, or 0 if it was not added.

        `born` is the value of `last` when the story of the entry started. If its project was reset after
        that, the entry is not added.
        """
        ring = self._rings.get(entry.project)
        if ring is None:
            ring = self._rings[entry.project] = _Ring()
        if born < ring.reset_at:
            return 0
        size = entry.size
        numbered = Numbered(next(self._numbers), entry, size)
        self.last = numbered.number
        self._tally(entry.project).note(entry)
        ring.entries.append(numbered)
        ring.bytes += size
        self._bytes += size
        if len(ring.entries) > self.most_entries:
            self._bytes -= ring.drop()
        while self._bytes > self._most_bytes:
            self._bytes -= self._payer(ring).drop()
        for watcher in tuple(self._watchers):
            watcher(numbered)
        return numbered.number

    def _payer(self, ring: _Ring) -> _Ring:
        if ring.bytes * len(self._rings) >= self._bytes:
            return ring
        return max(self._rings.values(), key=lambda other: other.bytes)

    def entries(self, project: str | None, *, everybody: bool = False, since: int = 0) -> list[Numbered]:
        """Return the entries of a project or the whole server, numbered above `since`, oldest first."""
        if everybody:
            found = [each for ring in self._rings.values() for each in _after(ring.entries, since)]
            return sorted(found, key=lambda each: each.number)
        ring = self._rings.get(project)
        return [] if ring is None else list(_after(ring.entries, since))

    def state(self, project: str | None, *, everybody: bool = False) -> dict[str, int]:
        """Return how much is stored and how much was dropped, of a project or the whole server."""
        own = self._rings.get(project) or _Ring()
        rings = list(self._rings.values()) if everybody else [own]
        return {
            "held": sum(len(ring.entries) for ring in rings),
            "held_bytes": sum(ring.bytes for ring in rings),
            "dropped": sum(ring.dropped for ring in rings),
            "bound": self.most_entries,
            "last": self.last,
        }

    def tally(self, project: str | None, *, everybody: bool = False) -> Tally:
        """Return the counts of a project since its reset, or of the whole server."""
        return added(self._tallies) if everybody else self._tally(project)

    def _tally(self, project: str | None) -> Tally:
        held = self._tallies.get(project)
        if held is None:
            held = self._tallies[project] = Tally()
        return held

    def clear(self, project: str | None, *, everybody: bool = False) -> int:
        """Delete a project's entries, or the whole server's, with the dropped counts; return how many."""
        rings = list(self._rings.values()) if everybody else [self._rings.get(project) or _Ring()]
        gone = 0
        for ring in rings:
            gone += len(ring.entries)
            self._bytes -= ring.bytes
            ring.entries.clear()
            ring.bytes = ring.dropped = 0
        return gone

    def reset(self, project: str) -> int:
        """Delete a project's entries and counts, and reject later entries of stories started before now."""
        ring = self._rings.setdefault(project, _Ring())
        gone = self.clear(project)
        self._tallies.pop(project, None)
        # This uses up a number, so that stories from now on differ from those that started just before.
        self.last = ring.reset_at = next(self._numbers)
        return gone

    def watch(self, watcher: Callable[[Numbered], None]) -> Callable[[], None]:
        """Call `watcher` with every entry from now on; return a function that stops this."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)


def _after(entries: deque[Numbered], since: int) -> Iterator[Numbered]:
    """Yield the entries with a number above `since`; those are at the end."""
    newer = 0
    for each in reversed(entries):
        if each.number <= since:
            break
        newer += 1
    return islice(entries, len(entries) - newer, None)
