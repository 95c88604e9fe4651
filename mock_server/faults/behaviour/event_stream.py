"""A stream that can send what no honest one would: bytes that are no whole frames, and a broken end."""

import asyncio
from collections.abc import Callable

from sigmic_conformance.mock_server.faults.observer import FaultyStreamObserver
from sigmic_conformance.mock_server.faults.wire.delivery import break_off
from sigmic_conformance.mock_server.http.event_stream import ChunkFraming, EventStream
from sigmic_conformance.mock_server.http.observer import Ending, StreamObserver


class FaultyEventStream(EventStream):
    """Fulfils `faults.wire.stream.Outlet`."""

    __slots__ = ("_cut", "_hears", "impatience")

    def __init__(
        self,
        framing: ChunkFraming,
        on_write: Callable[[bytes], None] | None = None,
        observer: StreamObserver | None = None,
    ) -> None:
        super().__init__(framing, on_write, observer)
        self._hears = observer if isinstance(observer, FaultyStreamObserver) else None
        self._cut: bool | None = None
        """Not None: break off once everything is handed over; True resets the connection."""
        self.impatience: Callable[[], float | None] | None = None
        """Asked when a reader has not taken the last frames: how many seconds a fault gives it, if any."""

    def put(self, data: bytes, faults: tuple[str, ...] = ()) -> None:
        """Send bytes as one chunk, past the check of our own frames; `faults` made them so."""
        if self.takes(data):
            if self._hears is not None:
                self._hears.wrote_altered(data, faults)
            elif self.observer is not None:
                self.observer.wrote(data)
            self.send(data)

    def cut(self, *, reset: bool) -> None:
        """Break the connection off, without the end of the answer, after what was put."""
        self._cut = reset
        if self._hears is not None:
            self._hears.breaks_off()
        self.pump()

    def conclude(self, transport: asyncio.Transport) -> None:
        if self._cut is None:
            super().conclude(transport)
        else:
            self.end(Ending.GONE)
            break_off(transport, reset=self._cut)

    def patience(self) -> float:
        wanted = None if self.impatience is None else self.impatience()
        return super().patience() if wanted is None else wanted
