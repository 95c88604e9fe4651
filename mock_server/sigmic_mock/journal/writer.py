"""The writer that all recorders of a server share: the ring, the secrets, the clocks."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sigmic_mock.domain.sse import HEARTBEAT
from sigmic_mock.journal import masking
from sigmic_mock.journal.entry import Detail, Entry
from sigmic_mock.journal.ring import Journal
from sigmic_mock.journal.secrets import Secrets
from sigmic_mock.ports import Clocks


class Story:
    """What entries belong to: a request, with the faults that affected it."""

    __slots__ = ("born", "faults", "id", "project")

    def __init__(self, id: str, born: int) -> None:
        self.id = id
        self.born = born
        """The newest entry's number when it started."""
        self.project: str | None = None
        """The project that it is about, once known."""
        self.faults: list[str] = []


class JournalWriter:
    """Writes entries."""

    def __init__(self, journal: Journal, secrets: Secrets, clocks: Clocks) -> None:
        self.journal = journal
        self.secrets = secrets
        self._streams = 0
        self._clocks = clocks
        self._under_way: dict[asyncio.Task[object] | None, Story] = {}
        self._last_frame: tuple[bytes, tuple[str | None, int], tuple[str, Detail]]
        self._last_frame = b"", (None, -1), ("", {})

    def add(self, entry: Entry, born: int | None = None) -> None:
        """Add an entry of a story that started when entry `born` was the newest; without `born`, now."""
        self.journal.add(entry, self.journal.last if born is None else born)

    def next_stream(self) -> int:
        """Return the number of a stream that starts."""
        self._streams += 1
        return self._streams

    def times(self, project: str | None) -> tuple[int, int]:
        """Return platform time and wall-clock time, in epoch milliseconds."""
        return self._clocks.of(project or "").now(), int(time.time() * 1000)

    def frame(self, project: str | None, data: bytes) -> tuple[str, Detail]:
        """Return a frame's event and detail. An event for several readers in sequence is redacted once."""
        held, known, made = self._last_frame
        if held is not data or known != (project, self.secrets.learnt):
            made = event_of(data), masking.excerpt(self.secrets, project, data).parts("data")
            self._last_frame = data, (project, self.secrets.learnt), made
        return made

    def begin(self, story: Story) -> None:
        """Assign the entries of the running asyncio task to `story` from here on."""
        self._under_way[asyncio.current_task()] = story

    def end(self) -> None:
        """End the story of the running asyncio task, though a stream of it may continue."""
        self._under_way.pop(asyncio.current_task(), None)

    @contextmanager
    def resumed(self, story: Story) -> Iterator[None]:
        """Assign everything inside to `story` again. Must not await."""
        self.begin(story)
        try:
            yield
        finally:
            self.end()

    @property
    def current(self) -> Story | None:
        """The story of the running asyncio task. Raises RuntimeError outside the event loop."""
        return self._under_way.get(asyncio.current_task())


def event_of(data: bytes) -> str:
    """Return the name of a frame's event; a comment is a heartbeat, anything else a `piece` of a frame."""
    if data == HEARTBEAT or data.startswith(b":"):
        return "heartbeat"
    if not data.startswith(b"event: "):
        return "piece"
    return data[7:71].partition(b"\n")[0].strip().decode("utf-8", "replace")
