"""One open stream: frames in from the service, chunked bytes out to one client, never blocking anybody.

It is the protocol of its own connection, which aiohttp has handed over: while it is open nobody waits for it.
Frames are handed to the transport while the client keeps up. When it does not, they wait here by reference
(the same bytes wait for every slow reader of a task) and go out as the client drains. A reader that falls
too far behind is dropped; it reconnects and loses nothing. The replay of a long history is exempt from that
bound: it is there before the client could have read anything.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

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


def _patience() -> float:
    return _LAST_FRAMES_SECONDS


def reset_on_close(transport: asyncio.BaseTransport) -> None:
    """Let the end of the connection be a reset (RST), as when a machine dies."""
    peer: socket.socket | None = transport.get_extra_info("socket")
    if peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Ending(StrEnum):
    """Why a stream is over."""

    FINISHED = "finished"
    GONE = "gone"
    DROPPED = "dropped"


class StreamWatcher(Protocol):
    """Who keeps a journal of a stream."""

    def wrote(self, data: bytes, faults: tuple[str, ...]) -> None:
        """Hear of bytes that the stream has taken, and of the faults that made them so."""

    def ended(self, ending: Ending, *, unsent: int, by_fault: bool) -> None:
        """Hear of the end; `unsent` bytes were still waiting for the client."""


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
        "_cut",
        "_deadline",
        "_finishing",
        "_framing",
        "_is_closing",
        "_on_write",
        "_paused",
        "_replay",
        "_transport",
        "_waiting",
        "_watcher",
        "ended",
        "failure",
        "patience",
    )

    def __init__(
        self,
        framing: ChunkFraming,
        on_write: Callable[[bytes], None] | None = None,
        watcher: StreamWatcher | None = None,
    ) -> None:
        """`on_write` sees every frame first; what it raises ends the stream and is kept as `failure`."""
        self.failure: Exception | None = None
        self.patience: Callable[[], float] = _patience
        """Asked when a reader has not taken the last frames: how many seconds more it is given."""
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        """Done when the client has everything, or will never have it."""
        self._framing: ChunkFraming | None = framing
        self._on_write = on_write
        self._watcher = watcher
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[bytes | memoryview] | None = None
        """Made when a reader first falls behind: the most of them never do."""
        self._behind = 0
        self._replay = 0
        self._paused = False
        self._finishing = False
        self._is_closing = False
        """The end of the answer was handed over."""
        self._cut: bool | None = None
        """Not None: break off once everything is handed over; True resets the connection."""
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
        self._pump()
        self._limit_the_rest()

    def fail(self, problem: Exception) -> None:
        """End it for a fault of ours, which is kept as `failure`."""
        self.failure = problem
        self._drop()

    def give_up(self) -> None:
        """End it as if the client had left. Does nothing once it has ended."""
        self._abort(Ending.GONE)

    # --- ports.Subscriber --------------------------------------------------------------------------------

    def write(self, frames: bytes) -> None:
        if self._on_write is not None and frames and not self.ended.done():
            self._check(frames, self._on_write)
        self.put(frames)

    def put(self, data: bytes, faults: tuple[str, ...] = ()) -> None:
        """Send bytes as one chunk, unchecked: for faults, whose frames are wrong on purpose."""
        if self._is_closing or self.ended.done() or not data:
            return
        if self._transport is not None and self._behind - self._replay > MOST_BEHIND_BYTES:
            self._drop()
            return
        if self._watcher is not None:
            self._watcher.wrote(data, faults)
        if self._is_up_to_date and self._transport is not None and len(data) <= _PIECE_BYTES:
            self._transport.write(self._framing.frame(data) if self._framing is not None else data)
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(data)
        self._behind += len(data)
        self._pump()

    def cut(self, *, reset: bool) -> None:
        """Break the connection off, without the end of the answer, after what was put."""
        self._cut = reset
        self._pump()

    def finish(self) -> None:
        self._finishing = True
        self._pump()
        self._limit_the_rest()

    # --- asyncio.Protocol --------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._hand_over()
        # asyncio is amid a write of its own: what is closed here would be told of its end twice.
        asyncio.get_running_loop().call_soon(self._end_if_all_is_out)

    def connection_lost(self, exc: Exception | None) -> None:
        is_whole = self._is_closing and exc is None
        self._end(Ending.FINISHED if is_whole else Ending.GONE)

    # -----------------------------------------------------------------------------------------------------

    @property
    def _is_up_to_date(self) -> bool:
        """True when nothing waits, the client keeps up and no end is near: what comes can go straight out."""
        return not (self._waiting or self._paused or self._finishing) and self._cut is None

    def _pump(self) -> None:
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
        if self._waiting or transport is None or self._is_closing or self.ended.done():
            return
        if self._cut is not None:
            self._break(transport, reset=self._cut)
        elif self._finishing:
            self._close(transport)

    def _close(self, transport: asyncio.Transport) -> None:
        """End the answer, and with it the connection, once the client has taken what is on its way."""
        self._is_closing = True
        if self._framing is not None:
            transport.write(_LAST_CHUNK)
        transport.close()

    def _break(self, transport: asyncio.Transport, *, reset: bool) -> None:
        self._end(Ending.GONE)
        if reset:
            reset_on_close(transport)
            transport.abort()
        else:
            transport.close()

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
            self._deadline = asyncio.get_running_loop().call_later(self.patience(), self._drop)

    def _drop(self) -> None:
        self._abort(Ending.DROPPED)

    def _abort(self, ending: Ending) -> None:
        if not self.ended.done():
            self._end(ending)
            if self._transport is not None:
                self._transport.abort()

    def _end(self, ending: Ending) -> None:
        if self.ended.done():
            return
        if self._deadline is not None:
            self._deadline.cancel()
        self._waiting = None
        self.ended.set_result(ending)
        if self._watcher is not None:
            self._watcher.ended(ending, unsent=self._behind, by_fault=self._cut is not None)
