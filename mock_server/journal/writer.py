"""The writer that all recorders of a server share: the ring, the secrets, the clocks."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sigmic_conformance.mock_server.domain.sse import HEARTBEAT
from sigmic_conformance.mock_server.journal import masking
from sigmic_conformance.mock_server.journal.entry import Detail, Entry
from sigmic_conformance.mock_server.journal.ring import Journal
from sigmic_conformance.mock_server.journal.secrets import Secrets
from sigmic_conformance.mock_server.ports import Clocks


class Story:
    """What entries belong to: a request, with the faults that it met."""

    __slots__ = ("born", "faults", "id", "project")

    def __init__(self, id: str, born: int) -> None:
        self.id = id
        self.born = born
        """The newest entry's number when it began."""
        self.project: str | None = None
        """The project it is about, as soon as it is known."""
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
        """Note an entry of a story that began when `born` was the newest entry's number; without one, now."""
        self.journal.add(entry, self.journal.last if born is None else born)

    def next_stream(self) -> int:
        """Return the number of a stream that begins."""
        self._streams += 1
        return self._streams

    def times(self, project: str | None) -> tuple[int, int]:
        """Return platform time and wall-clock time, in epoch milliseconds."""
        return self._clocks.of(project or "").now(), int(time.time() * 1000)

    def frame(self, project: str | None, data: bytes) -> tuple[str, Detail]:
        """Return a frame's event and detail; an event goes to all its readers in a row, redacted once."""
        held, known, made = self._last_frame
        if held is not data or known != (project, self.secrets.learnt):
            made = event_of(data), masking.excerpt(self.secrets, project, data).parts("data")
            self._last_frame = data, (project, self.secrets.learnt), made
        return made

    def begin(self, story: Story) -> None:
        """From here on what the asyncio task that runs brings about belongs to `story`."""
        self._under_way[asyncio.current_task()] = story

    def end(self) -> None:
        """The asyncio task that runs has ended its story, though a stream of it may go on."""
        self._under_way.pop(asyncio.current_task(), None)

    @contextmanager
    def resumed(self, story: Story) -> Iterator[None]:
        """Inside, what happens belongs to `story` again. Must not await."""
        self.begin(story)
        try:
            yield
        finally:
            self.end()

    @property
    def current(self) -> Story | None:
        """What the asyncio task that runs belongs to; raises RuntimeError outside the event loop."""
        return self._under_way.get(asyncio.current_task())


def event_of(data: bytes) -> str:
    """Return the event's name of a frame; a comment is a heartbeat, anything else a `piece` of a frame."""
    if data == HEARTBEAT or data.startswith(b":"):
        return "heartbeat"
    if not data.startswith(b"event: "):
        return "piece"
    return data[7:71].partition(b"\n")[0].strip().decode("utf-8", "replace")
