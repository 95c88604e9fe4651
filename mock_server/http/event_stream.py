"""One open stream: frames in from the service, chunked bytes out to one client, never blocking anybody.

It is the protocol of its own connection, which aiohttp has handed over: while it is open nobody waits for it.
Frames are handed to the transport while the client keeps up. When it does not, they wait here by reference
(the same bytes wait for every slow reader of a task) and go out as the client drains. A reader that falls
too far behind is dropped; it reconnects and loses nothing. The replay of a long history is exempt from that
bound: it is there before the client could have read anything.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable

from aiohttp import web

from sigmic_conformance.mock_server.http.connection import Connection
from sigmic_conformance.mock_server.http.observer import Ending, StreamObserver

MOST_BEHIND_BYTES = 3 * 1024 * 1024
"""Live bytes that may wait for a reader besides the replay. One tool result may be over two mebibytes: a
mebibyte of output that is not text."""
_SOCKET_BUFFER_BYTES = 32 * 1024
"""Kernel memory for a reader that does not read; Linux takes twice that, and without it megabytes."""
_LONG_REPLAY_BYTES = 64 * 1024
"""A longer replay gets a socket of this size: with less a long history takes twice the turns of the loop."""
_HANDED_OVER_BYTES = 8 * 1024
"""What asyncio may hold for one reader, as bytes of its own; beyond it frames wait here, by reference."""
_PIECE_BYTES = 64 * 1024
_LAST_CHUNK = b"0\r\n\r\n"
_LAST_FRAMES_SECONDS = 30.0
"""How long a slow reader may take for what is left once the last frame is known."""


class ChunkFraming:
    """HTTP/1.1 chunks. Remembers the last one: an event goes to all its readers in a row, framed once."""

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
    """Fulfils `ports.Subscriber`. Make it the protocol of a transport, then `open` it on that."""

    __slots__ = (
        "_behind",
        "_deadline",
        "_finishing",
        "_framing",
        "_is_closing",
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
    ) -> None:
        """`on_write` sees every frame first; what it raises ends the stream and is kept as `failure`."""
        self.failure: Exception | None = None
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        """Done when the client has everything, or will never have it."""
        self._framing: ChunkFraming | None = framing
        self._on_write = on_write
        self.observer = observer
        self.project_id = self.task_id = ""
        """Of the task that it is about."""
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[bytes | memoryview] | None = None
        """Made when a reader first falls behind: the most of them never do."""
        self._behind = 0
        self._replay = 0
        self._paused = False
        self._finishing = False
        self._is_closing = False
        """The end of the answer was handed over."""
        self._deadline: asyncio.TimerHandle | None = None

    def open(self, transport: asyncio.Transport, *, chunked: bool) -> None:
        """Start writing: the answer's head is out. What waits now is the replay. HTTP/1.0 knows no chunks."""
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
        """End it because of a defect of ours, which is kept as `failure`."""
        self.failure = problem
        self._drop()

    def give_up(self) -> None:
        """End it as if the client had left. Does nothing once it has ended."""
        self._abort(Ending.GONE)

    def write(self, frames: bytes) -> None:
        """Send whole frames. Never blocks; a reader too far behind is dropped."""
        if self._on_write is not None and frames and not self.ended.done():
            self._check(frames, self._on_write)
        if self.takes(frames):
            if self.observer is not None:
                self.observer.wrote(frames)
            self.send(frames)

    def finish(self) -> None:
        """The last frame was written: end the answer when the client has taken everything."""
        self._finishing = True
        self.pump()
        self._limit_the_rest()

    def takes(self, data: bytes) -> bool:
        """Return whether there is something to send and somebody to send it to; may drop a slow reader."""
        if self._is_closing or self.ended.done() or not data:
            return False
        if self._transport is not None and self._behind - self._replay > MOST_BEHIND_BYTES:
            self._drop()
            return False
        return True

    def send(self, data: bytes) -> None:
        """Send bytes as one chunk, at once when the client keeps up."""
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
        self._hand_over()
        # asyncio is amid a write of its own: what is closed here would be told of its end twice.
        asyncio.get_running_loop().call_soon(self._end_if_all_is_out)

    def connection_lost(self, exc: Exception | None) -> None:
        is_whole = self._is_closing and exc is None
        self.end(Ending.FINISHED if is_whole else Ending.GONE)

    def pump(self) -> None:
        """Hand over what can be, and end the stream if that was all."""
        self._hand_over()
        self._end_if_all_is_out()

    def _hand_over(self) -> None:
        """Hand over what waits, in pieces, until the transport has enough."""
        transport = self._transport
        if transport is None:
            return
        while self._waiting and not self._paused and not self.ended.done():
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
        """The stream is over, whatever becomes of its connection. Does nothing once it has ended."""
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
        """Give a reader that has not taken everything a while for the rest."""
        transport = self._transport
        if not self._finishing or transport is None or self._deadline is not None or self.ended.done():
            return
        if self._waiting or transport.get_write_buffer_size():
            self._deadline = asyncio.get_running_loop().call_later(_LAST_FRAMES_SECONDS, self._drop)

    def _drop(self) -> None:
        self._abort(Ending.DROPPED)

    def _abort(self, ending: Ending) -> None:
        if not self.ended.done():
            self.end(ending)
            if self._transport is not None:
                self._transport.abort()


class StreamAnswer(web.StreamResponse):
    """The head of a stream, which aiohttp sends; then `stream` has the connection, and goes on without us."""

    stream: EventStream | None = None

    @property
    def in_chunks(self) -> bool:
        """Whether the body is framed in chunks."""
        return self.chunked

    async def begin(self, request: web.BaseRequest, stream: EventStream) -> None:
        """Send the head and let `stream` have the connection. Raises `ConnectionError` without a client."""
        connection = request.protocol
        if not isinstance(connection, Connection):
            raise TypeError(f"{type(connection).__name__} cannot be handed over")
        if request.version >= (1, 1):
            self.enable_chunked_encoding()
        await self.prepare(request)
        stream.open(connection.hand_over(stream), chunked=self.in_chunks)
        self.stream = stream

    async def write_eof(self, data: bytes = b"") -> None:
        """Leave the end to the stream, which sends it when it comes to it."""
        if self.stream is None:
            await super().write_eof(data)


class OpenStreams:
    """Every stream that is open now: counted for the metrics, ended at an event boundary at a stop."""

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

    def add(
        self, observer: StreamObserver | None = None, *, project_id: str = "", task_id: str = ""
    ) -> EventStream:
        """Return a new stream of a task; while the server stops, one that ends after its replay."""
        stream = EventStream(self._framing, self._on_write, observer)
        stream.project_id, stream.task_id = project_id, task_id
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
