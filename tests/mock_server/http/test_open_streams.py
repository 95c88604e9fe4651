"""The streams of a server that stops."""

from typing import Any

from sigmic_conformance.mock_server.http.event_stream import Ending, EventStream
from sigmic_conformance.mock_server.http.open_streams import OpenStreams
from tests.fakes.transport import RecordingTransport


def opened(streams: OpenStreams, capacity: int) -> tuple[EventStream, RecordingTransport]:
    stream, transport = streams.add(), RecordingTransport(capacity)
    wire: Any = transport
    transport.set_protocol(stream)
    stream.open(wire, chunked=True)
    return stream, transport


async def test_a_stop_ends_streams_and_does_not_wait_for_one_that_never_reads():
    streams = OpenStreams()
    reads, read = opened(streams, 1000)
    never_reads, unread = opened(streams, 10)
    for stream in (reads, never_reads):
        stream.write(bytes(100))
        stream.write(bytes(100))

    await streams.finish(0.01)

    assert (reads.ended.result(), never_reads.ended.result()) == (Ending.FINISHED, Ending.GONE)
    assert (read.aborted, unread.aborted) == (False, True)
    assert read.written[-1] == b"0\r\n\r\n"
