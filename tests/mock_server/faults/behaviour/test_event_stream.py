"""A stream that faults write to: bytes past the check, a broken end, a reader that is given no time."""

import asyncio
from functools import partial
from typing import Any

from sigmic_conformance.mock_server.faults.behaviour.event_stream import FaultyEventStream
from sigmic_conformance.mock_server.http.event_stream import ChunkFraming
from sigmic_conformance.mock_server.http.observer import Ending
from tests.fakes.transport import RecordingTransport, drained

FRAME = b"event: content\ndata: {}\n\n"


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


def opened(stream: FaultyEventStream, transport: RecordingTransport) -> FaultyEventStream:
    wire: Any = transport
    wire.protocol = stream
    stream.open(wire, chunked=False)
    return stream


async def test_what_a_fault_puts_is_not_checked_and_is_told_with_its_fault():
    observer, transport = Observer(), RecordingTransport()
    stream = opened(FaultyEventStream(ChunkFraming(), refuse, observer), transport)

    stream.put(b"half of a fra", ("sse.cut",))

    assert transport.written == [b"half of a fra"]
    assert observer.heard == [(b"half of a fra", ("sse.cut",))]
    assert stream.failure is None


async def test_whole_frames_are_checked_as_ever():
    stream = opened(FaultyEventStream(ChunkFraming(), refuse), RecordingTransport())

    stream.write(FRAME)

    assert isinstance(stream.failure, ValueError)


async def test_a_cut_ends_the_connection_without_the_end_of_the_answer():
    observer, transport = Observer(), RecordingTransport()
    stream = opened(FaultyEventStream(ChunkFraming(), observer=observer), transport)
    stream.write(FRAME)

    stream.cut(reset=False)

    assert transport.written == [FRAME]
    assert (transport.closing, transport.aborted) == (True, False)
    assert stream.ended.result() is Ending.GONE
    assert observer.heard == [FRAME, "breaks off", (Ending.GONE, 0)]


async def test_a_reset_aborts_the_connection():
    transport = RecordingTransport()
    stream = opened(FaultyEventStream(ChunkFraming()), transport)

    stream.cut(reset=True)

    assert transport.aborted


async def test_a_cut_that_comes_while_the_socket_drains_is_told_once():
    heard, problems = await drained(
        FaultyEventStream(ChunkFraming()), partial(FaultyEventStream.cut, reset=False)
    )

    assert heard == 2_000_000 + len("the last")
    assert problems == []


async def test_a_reader_may_be_given_no_time_for_the_last_frames():
    stream = opened(FaultyEventStream(ChunkFraming()), RecordingTransport(capacity=10))
    stream.impatience = lambda: 0.0
    stream.write(bytes(100))
    stream.write(bytes(100))

    stream.finish()

    async with asyncio.timeout(2):
        assert await stream.ended is Ending.DROPPED
