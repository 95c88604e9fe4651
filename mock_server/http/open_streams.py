"""Every stream that is open now: counted for the metrics, ended at an event boundary at the server's stop."""

import asyncio
from collections.abc import Callable

from sigmic_conformance.mock_server.http.event_stream import ChunkFraming, Ending, EventStream, StreamWatcher


class OpenStreams:
    """Makes streams and remembers them until they are removed."""

    def __init__(self, on_write: Callable[[bytes], None] | None = None) -> None:
        """`on_write` is given to every stream (response checks)."""
        self._framing = ChunkFraming()
        self._on_write = on_write
        self._open: set[EventStream] = set()
        self._stopping = False
        self.opened = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._open)

    def add(self, watcher: StreamWatcher | None = None) -> EventStream:
        """Return a new stream; while the server stops, one that ends after its replay."""
        stream = EventStream(self._framing, self._on_write, watcher)
        self._open.add(stream)
        self.opened += 1
        if self._stopping:
            stream.finish()
        return stream

    def remove(self, stream: EventStream) -> None:
        """Forget a stream that is over, or that never came to be."""
        stream.give_up()
        self._open.discard(stream)
        if stream.ended.done() and stream.ended.result() is Ending.DROPPED:
            self.dropped += 1

    async def finish(self, seconds: float) -> None:
        """End every stream after the event that it is at; break those off that last `seconds` longer."""
        self._stopping = True
        streams = list(self._open)
        for stream in streams:
            stream.finish()
        if streams:
            await asyncio.wait([stream.ended for stream in streams], timeout=seconds)
        for stream in streams:
            stream.give_up()
