"""One open stream: frames from the service to chunked bytes for one client, without ever blocking a caller.

It is the protocol of the connection, which aiohttp has handed over, so no coroutine waits while it is open.
Frames go to the transport while the client keeps up. If not, they wait here by reference (the same bytes for
every slow reader of a task) and are sent as the client drains. A reader that falls too far behind is dropped;
it reconnects and loses nothing. The replay of a long history does not count for that limit, because it is
there before the client could have read anything.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable

from aiohttp import web

from sigmic_mock.http.connection import Connection
from sigmic_mock.http.observer import Ending, StreamObserver

MOST_BEHIND_BYTES = 3 * 1024 * 1024
"""Live bytes that may wait for a reader, in addition to the replay. One tool result may exceed two mebibytes:
a mebibyte of output that is not text."""
_SOCKET_BUFFER_BYTES = 32 * 1024
"""Kernel memory for a reader that does not read. Linux doubles it, and without it uses megabytes."""
_LONG_REPLAY_BYTES = 64 * 1024
"""A longer replay gets a socket buffer of this size; with a smaller one it takes twice as many loop turns."""
_HANDED_OVER_BYTES = 8 * 1024
"""Bytes that asyncio may copy and hold for one reader. Later frames wait here, by reference."""
_PIECE_BYTES = 64 * 1024
_LAST_CHUNK = b"0\r\n\r\n"
_LAST_FRAMES_SECONDS = 30.0
"""Seconds that a reader may receive nothing after the last frame was written. It may read slowly."""


class ChunkFraming:
    """HTTP/1.1 chunks. Remembers the last one, so that an event for many readers is framed once."""

    def __init__(self) -> None:
        self._frames: bytes | memoryview = b""
        self._chunk = b""

    def frame(self, frames: bytes | memoryview) -> bytes:
        """Return `frames` as one chunk."""
        if frames is not self._frames:
            self._frames = frames
            self._chunk = b"".join((b"%x\r\n" % len(frames), frames, b"\r\n"))
        return self._chunk


class EventStream(asyncio.Protocol):
    """Fulfils `ports.Subscriber`. Set it as the protocol of a transport, then `open` it on that."""

    __slots__ = (
        "_behind",
        "_deadline",
        "_finishing",
        "_framing",
        "_is_closing",
        "_last_frames_seconds",
        "_on_write",
        "_paused",
        "_replay",
        "_transport",
        "_waiting",
        "ended",
        "failure",
        "observer",
        "project_id",
        "task_id",
    )

    def __init__(
        self,
        framing: ChunkFraming,
        on_write: Callable[[bytes], None] | None = None,
        observer: StreamObserver | None = None,
        *,
        last_frames_seconds: float = _LAST_FRAMES_SECONDS,
    ) -> None:
        """`on_write` gets every frame first. If it raises, the stream ends; `failure` is the exception."""
        self._last_frames_seconds = last_frames_seconds
        self.failure: Exception | None = None
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        """Done when the client has received everything, or never will."""
        self._framing: ChunkFraming | None = framing
        self._on_write = on_write
        self.observer = observer
        self.project_id = self.task_id = ""
        """The task that the stream is of, and its project."""
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[bytes | memoryview] | None = None
        """Created when a reader first falls behind; most never do."""
        self._behind = 0
        self._replay = 0
        self._paused = False
        self._finishing = False
        self._is_closing = False
        """True once the end of the answer was given to the transport."""
        self._deadline: asyncio.TimerHandle | None = None

    def open(self, transport: asyncio.Transport, *, chunked: bool) -> None:
        """Start to send, after the head. What waits now is the replay. HTTP/1.0 has no chunks."""
        if not chunked:
            self._framing = None
        self._transport = transport
        self._replay = self._behind
        peer: socket.socket | None = transport.get_extra_info("socket")
        if peer is not None:
            size = _LONG_REPLAY_BYTES if self._replay > _LONG_REPLAY_BYTES else _SOCKET_BUFFER_BYTES
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        transport.set_write_buffer_limits(_HANDED_OVER_BYTES)
        if self.ended.done():
            transport.abort()
            return
        self.pump()
        self._limit_the_rest()

    def fail(self, problem: Exception) -> None:
        """End the stream because of a defect of ours, stored in `failure`."""
        self.failure = problem
        self._drop()

    def give_up(self) -> None:
        """End the stream as if the client had left. Does nothing if it has ended."""
        self._abort(Ending.GONE)

    def write(self, frames: bytes) -> None:
        """Send whole frames. Never blocks; a reader that is too far behind is dropped."""
        if self._on_write is not None and frames and not self.ended.done():
            self._check(frames, self._on_write)
        if self.takes(frames):
            if self.observer is not None:
                self.observer.wrote(frames)
            self.send(frames)

    def finish(self) -> None:
        """Record that the last frame was written: the answer ends when the client has received everything."""
        self._finishing = True
        self.pump()
        self._limit_the_rest()

    def takes(self, data: bytes) -> bool:
        """Return whether there is data, and a reader for it. May drop a slow reader."""
        if self._is_closing or self.ended.done() or not data:
            return False
        if self._transport is not None and self._behind - self._replay > MOST_BEHIND_BYTES:
            self._drop()
            return False
        return True

    def send(self, data: bytes) -> None:
        """Send bytes as one chunk, immediately if the client keeps up."""
        is_up_to_date = not (self._waiting or self._paused or self._finishing)
        if is_up_to_date and self._transport is not None and len(data) <= _PIECE_BYTES:
            self._transport.write(self._framing.frame(data) if self._framing is not None else data)
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(data)
        self._behind += len(data)
        self.pump()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._hand_over()
        self._limit_the_rest()
        # asyncio is writing: a transport that is closed here would report its end twice.
        asyncio.get_running_loop().call_soon(self._end_if_all_is_out)

    def connection_lost(self, exc: Exception | None) -> None:
        is_whole = self._is_closing and exc is None
        self.end(Ending.FINISHED if is_whole else Ending.GONE)

    def pump(self) -> None:
        """Give what is possible to the transport, and end the stream if that was everything."""
        self._hand_over()
        self._end_if_all_is_out()

    def _hand_over(self) -> None:
        """Give waiting frames to the transport, in pieces, until it has enough."""
        transport = self._transport
        if transport is None:
            return
        # A transport whose client has left takes everything, until it says so in the next pass.
        while self._waiting and not (self._paused or self.ended.done() or transport.is_closing()):
            frames = self._waiting.popleft()
            if len(frames) > _PIECE_BYTES:
                whole = memoryview(frames)
                self._waiting.appendleft(whole[_PIECE_BYTES:])
                frames = whole[:_PIECE_BYTES]
            self._behind -= len(frames)
            self._replay = max(0, self._replay - len(frames))
            transport.write(self._framing.frame(frames) if self._framing is not None else frames)
        if not self._waiting:
            self._waiting = None

    def _end_if_all_is_out(self) -> None:
        transport = self._transport
        if transport is None or self._waiting or self._is_closing or self.ended.done() or not self._finishing:
            return
        self._is_closing = True
        if self._framing is not None:
            transport.write(_LAST_CHUNK)
        transport.close()

    def end(self, ending: Ending) -> None:
        """Mark the stream as ended, independently of its connection. Does nothing if it has ended."""
        if self.ended.done():
            return
        if self._deadline is not None:
            self._deadline.cancel()
        self._waiting = None
        self.ended.set_result(ending)
        if self.observer is not None:
            self.observer.ended(ending, unsent=self._behind)

    def _check(self, frames: bytes, on_write: Callable[[bytes], None]) -> None:
        try:
            on_write(frames)
        except Exception as problem:  # noqa: BLE001 - kept for the one who serves the stream, who raises it
            self.fail(problem)

    def _limit_the_rest(self) -> None:
        """Start the deadline for a reader that has not received everything. Reading restarts it."""
        transport = self._transport
        if not self._finishing or transport is None or self._deadline is not None or self.ended.done():
            return
        if self._waiting or transport.get_write_buffer_size():
            self._deadline = asyncio.get_running_loop().call_later(self._last_frames_seconds, self._drop)

    def _drop(self) -> None:
        self._abort(Ending.DROPPED)

    def _abort(self, ending: Ending) -> None:
        if not self.ended.done():
            self.end(ending)
            if self._transport is not None:
                self._transport.abort()


class StreamAnswer(web.StreamResponse):
    """The head of a stream. aiohttp sends it; then `stream` owns the connection and continues alone."""

    stream: EventStream | None = None

    @property
    def in_chunks(self) -> bool:
        """True if the body is framed in chunks."""
        return self.chunked

    async def begin(self, request: web.BaseRequest, stream: EventStream) -> None:
        """Send the head and give the connection to `stream`. Raises `ConnectionError` without a client."""
        connection = request.protocol
        if not isinstance(connection, Connection):
            raise TypeError(f"{type(connection).__name__} cannot be handed over")
        if request.version >= (1, 1):
            self.enable_chunked_encoding()
        await self.prepare(request)
        stream.open(connection.hand_over(stream), chunked=self.in_chunks)
        self.stream = stream

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing if there is a stream: it ends the answer itself."""
        if self.stream is None:
            await super().write_eof(data)


class OpenStreams:
    """All open streams: counted for the metrics, and ended at an event boundary when the server stops."""

    def __init__(self, on_write: Callable[[bytes], None] | None = None) -> None:
        """`on_write` is passed to every stream (response checks)."""
        self._framing = ChunkFraming()
        self._on_write = on_write
        self._open: set[EventStream] = set()
        self._stopping = False
        self.opened = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._open)

    def add(
        self, observer: StreamObserver | None = None, *, project_id: str = "", task_id: str = ""
    ) -> EventStream:
        """Return a new stream of a task. While the server stops, it ends after its replay."""
        stream = EventStream(self._framing, self._on_write, observer)
        stream.project_id, stream.task_id = project_id, task_id
        self._open.add(stream)
        self.opened += 1
        if self._stopping:
            stream.finish()
        return stream

    def remove(self, stream: EventStream) -> None:
        """Remove a stream that has ended, or that was never opened."""
        stream.give_up()
        self._open.discard(stream)
        if stream.ended.done() and stream.ended.result() is Ending.DROPPED:
            self.dropped += 1

    async def finish(self, seconds: float) -> None:
        """End every stream after its current event. Abort those that last `seconds` longer."""
        self._stopping = True
        streams = list(self._open)
        for stream in streams:
            stream.finish()
        if streams:
            await asyncio.wait([stream.ended for stream in streams], timeout=seconds)
        for stream in streams:
            stream.give_up()
