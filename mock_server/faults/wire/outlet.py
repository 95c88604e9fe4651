"""What a stream sends past the check of our own frames: bytes that are no whole frames, and a broken end."""

import asyncio
from typing import Protocol

from sigmic_conformance.mock_server.faults.observer import FaultyStreamObserver
from sigmic_conformance.mock_server.faults.wire.delivery import break_off
from sigmic_conformance.mock_server.http.event_stream import EventStream
from sigmic_conformance.mock_server.http.observer import Ending


class Coding(Protocol):
    """A content coding of a stream."""

    def code(self, data: bytes) -> bytes:
        """Return what can be sent after `data`."""

    def end(self) -> bytes:
        """Return what ends it."""


class StreamOutlet:
    """Fulfils `faults.wire.stream.Outlet` for an open stream."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        observer = stream.observer
        self._observer = observer if isinstance(observer, FaultyStreamObserver) else None
        self._cut: bool | None = None
        """Not None: break off once everything is handed over; True resets the connection."""
        self.coding: Coding | None = None

    def put(self, data: bytes, faults: tuple[str, ...] = ()) -> None:
        """Send bytes as one chunk; `faults` made them so."""
        if self.coding is not None:
            data, faults = self.coding.code(data), (*faults, "stream.compressed")
        stream = self._stream
        if stream.takes(data):
            if self._observer is not None:
                self._observer.wrote_altered(data, faults)
            elif stream.observer is not None:
                stream.observer.wrote(data)
            stream.send(data)

    def finish(self) -> None:
        """The last frame was written; what `EventStream.finish` does."""
        coding, self.coding = self.coding, None
        if coding is not None:
            self.put(coding.end(), ("stream.compressed",))
        self._stream._finishing = True
        self._stream.pump()
        self._stream._limit_the_rest()

    def cut(self, *, reset: bool) -> None:
        """Break the connection off, without the end of the answer, after what was put."""
        self._cut = reset
        if self._observer is not None:
            self._observer.breaks_off()
        self._stream.pump()

    def break_off(self, transport: asyncio.Transport) -> bool:
        """Break the connection off if that was asked for; return whether it was."""
        if self._cut is None:
            return False
        self._stream.end(Ending.GONE)
        break_off(transport, reset=self._cut)
        return True
