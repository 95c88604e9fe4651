"""One stream and its reader: order kept, memory bounded; a slow reader is dropped, a long replay is not."""

import asyncio
from typing import Any

import pytest

from sigmic_mock.http.event_stream import (
    MOST_BEHIND_BYTES,
    ChunkFraming,
    EventStream,
    OpenStreams,
)
from sigmic_mock.http.observer import Ending
from tests.fakes.transport import RecordingTransport, drained

FRAME = b"event: content\ndata: {}\n\n"


def opened(stream: EventStream, transport: RecordingTransport, *, chunked: bool = False) -> EventStream:
    """Open `stream` on `transport`."""
    wire: Any = transport
    wire.protocol = stream
    stream.open(wire, chunked=chunked)
    return stream


async def test_frames_reach_the_transport_at_once_and_framed():
    transport = RecordingTransport()
    stream = opened(EventStream(ChunkFraming()), transport, chunked=True)

    stream.write(FRAME)

    assert transport.written == [b"19\r\n" + FRAME + b"\r\n"]


async def test_what_was_written_before_the_head_was_out_comes_first():
    stream = EventStream(ChunkFraming())
    stream.write(b"replay")
    transport = RecordingTransport()

    opened(stream, transport).write(b"live")

    assert transport.written == [b"replay", b"live"]


async def test_a_long_replay_is_fed_as_the_client_reads_and_never_drops_it():
    replay = bytes(range(256)) * (100 * 1024)
    stream = EventStream(ChunkFraming())
    stream.write(replay)
    transport = RecordingTransport(capacity=64 * 1024)

    opened(stream, transport)
    held = transport.buffered
    stream.write(b"live")
    stream.finish()
    while not stream.ended.done():
        transport.drain()
        await asyncio.sleep(0)

    assert held <= 2 * 64 * 1024
    assert b"".join(transport.written) == replay + b"live"
    assert stream.ended.result() is Ending.FINISHED


async def test_a_reader_that_does_not_read_is_dropped_after_the_bound():
    transport = RecordingTransport(capacity=1000)
    stream = opened(EventStream(ChunkFraming()), transport)
    accepted = 0

    while not stream.ended.done():
        stream.write(bytes(1000))
        accepted += 1000

    assert transport.aborted
    assert stream.ended.result() is Ending.DROPPED
    assert MOST_BEHIND_BYTES < accepted < MOST_BEHIND_BYTES + 10_000


async def test_one_event_larger_than_the_bound_still_goes_out():
    transport = RecordingTransport(capacity=64 * 1024)
    stream = opened(EventStream(ChunkFraming()), transport)

    stream.write(bytes(MOST_BEHIND_BYTES + 1000))
    while transport.buffered:
        transport.drain()

    assert sum(map(len, transport.written)) == MOST_BEHIND_BYTES + 1000
    assert not stream.ended.done()


async def test_a_vanished_client_ends_the_stream_and_later_frames_go_nowhere():
    transport = RecordingTransport()
    stream = opened(EventStream(ChunkFraming()), transport)

    stream.connection_lost(None)
    stream.write(FRAME)

    assert stream.ended.result() is Ending.GONE
    assert transport.written == []


async def test_a_long_replay_ends_with_a_client_that_leaves_amid_it():
    class Left(RecordingTransport):
        """Loses its client at the first write, and says so in the next pass of the loop, as asyncio does."""

        def write(self, data: bytes) -> None:
            super().write(data)
            self.aborted = True

    stream = EventStream(ChunkFraming())
    stream.write(b"x" * 1_000_000)
    transport = Left()

    opened(stream, transport)
    stream.connection_lost(ConnectionResetError())

    assert len(transport.written) == 1
    assert stream.ended.result() is Ending.GONE


async def test_a_slow_reader_has_a_deadline_for_the_last_frames():
    transport = RecordingTransport(capacity=10)
    stream = opened(EventStream(ChunkFraming(), last_frames_seconds=0.01), transport)
    stream.write(bytes(100))
    stream.write(bytes(100))

    stream.finish()

    assert await stream.ended is Ending.DROPPED


async def test_a_reader_that_reads_slowly_gets_all_of_a_long_replay(monkeypatch: pytest.MonkeyPatch):
    now, loop = 0.0, asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", lambda: now)
    transport = RecordingTransport(capacity=10)
    stream = EventStream(ChunkFraming())
    for _ in range(100):
        stream.write(bytes(100))
    stream.finish()

    opened(stream, transport)
    while transport.buffered:
        now += 20.0
        await asyncio.sleep(0)
        transport.drain()
        await asyncio.sleep(0)

    assert stream.ended.result() is Ending.FINISHED
    assert sum(map(len, transport.written)) == 100 * 100


async def test_a_finished_replay_ends_as_soon_as_it_is_opened():
    stream = EventStream(ChunkFraming())
    stream.write(FRAME)
    stream.finish()

    opened(stream, RecordingTransport())

    assert stream.ended.result() is Ending.FINISHED


async def test_what_a_check_raises_ends_the_stream_and_is_kept():
    problem = ValueError("not documented")

    def check(_frames: bytes) -> None:
        raise problem

    stream = opened(EventStream(ChunkFraming(), check), RecordingTransport())

    stream.write(FRAME)

    assert stream.failure is problem
    assert stream.ended.result() is Ending.DROPPED


def test_a_frame_that_goes_to_many_readers_is_framed_once():
    framing = ChunkFraming()

    assert framing.frame(FRAME) is framing.frame(FRAME)
    assert framing.frame(b"other") == b"5\r\nother\r\n"


async def test_an_end_that_comes_while_the_socket_drains_is_sent_once():
    heard, problems = await drained(EventStream(ChunkFraming()), EventStream.finish)

    assert heard == 2_000_000 + len("the last")
    assert problems == []


def added(streams: OpenStreams, capacity: int) -> tuple[EventStream, RecordingTransport]:
    stream, transport = streams.add(), RecordingTransport(capacity)
    wire: Any = transport
    transport.set_protocol(stream)
    stream.open(wire, chunked=True)
    return stream, transport


async def test_a_stop_ends_streams_and_does_not_wait_for_one_that_never_reads():
    streams = OpenStreams()
    reads, read = added(streams, 1000)
    never_reads, unread = added(streams, 10)
    for stream in (reads, never_reads):
        stream.write(bytes(100))
        stream.write(bytes(100))

    await streams.finish(0.01)

    assert (reads.ended.result(), never_reads.ended.result()) == (Ending.FINISHED, Ending.GONE)
    assert (read.aborted, unread.aborted) == (False, True)
    assert read.written[-1] == b"0\r\n\r\n"
