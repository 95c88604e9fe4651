"""What faults send on a stream: bytes past the check, and a broken end."""

from typing import Any, cast

from sigmic_conformance.mock_server.faults.wire.outlet import StreamOutlet
from sigmic_conformance.mock_server.http.event_stream import ChunkFraming, EventStream
from sigmic_conformance.mock_server.http.observer import Ending
from tests.fakes.transport import RecordingTransport


class Observer:
    """Notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def wrote(self, data: bytes) -> None:
        self.heard.append(data)

    def wrote_altered(self, data: bytes, faults: tuple[str, ...]) -> None:
        self.heard.append((data, faults))

    def breaks_off(self) -> None:
        self.heard.append("breaks off")

    def ended(self, ending: Ending, *, unsent: int) -> None:
        self.heard.append((ending, unsent))


def refuse(_frames: bytes) -> None:
    raise ValueError("not documented")


def opened(stream: EventStream, transport: RecordingTransport) -> EventStream:
    wire: Any = transport
    wire.protocol = stream
    stream.open(wire, chunked=False)
    return stream


async def test_what_a_fault_puts_is_not_checked_and_is_told_with_its_fault():
    observer, transport = Observer(), RecordingTransport()
    stream = opened(EventStream(ChunkFraming(), refuse, observer), transport)

    StreamOutlet(stream).put(b"half of a fra", ("sse.cut",))

    assert transport.written == [b"half of a fra"]
    assert observer.heard == [(b"half of a fra", ("sse.cut",))]
    assert stream.failure is None


async def test_without_a_cut_the_stream_ends_as_ever():
    transport = RecordingTransport()
    stream = opened(EventStream(ChunkFraming()), transport)

    assert not StreamOutlet(stream).break_off(cast("Any", transport))


async def test_a_cut_breaks_the_connection_off_in_order_or_with_a_reset():
    for reset in (False, True):
        observer, transport = Observer(), RecordingTransport()
        stream = opened(EventStream(ChunkFraming(), observer=observer), transport)
        outlet = StreamOutlet(stream)

        outlet.cut(reset=reset)

        assert outlet.break_off(cast("Any", transport))
        assert (transport.closing or transport.aborted, transport.aborted) == (True, reset)
        assert stream.ended.result() is Ending.GONE
        assert observer.heard == ["breaks off", (Ending.GONE, 0)]
