"""The platform's end of a socket to the zygote or to a sandbox, on the event loop."""

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence

from sigmic_mock.sandbox import wire

_CHUNK = 65536


class Channel:
    """Sends and receives frames without blocking; frames go out whole and in order.

    Invariant: readers are removed before their descriptor is closed. Else a later file with the same number
    would be watched. `on_end` is called exactly once, after the peer has closed or `close` was called.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        on_message: Callable[[wire.Message, list[int]], None],
        on_end: Callable[[], None],
    ) -> None:
        sock.setblocking(False)  # noqa: FBT003 - positional only
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._on_message = on_message
        self._on_end = on_end
        self._frames = wire.Frames()
        self._backlog: deque[tuple[memoryview, tuple[int, ...]]] = deque()
        self.open = True
        """False once either side has closed."""
        self._loop.add_reader(sock, self._readable)

    def send(self, frame: bytes, fds: Sequence[int] = ()) -> None:
        """Send one frame of `wire.encode` and the open files that it counts, which this closes afterwards."""
        if not self.open:
            _close_all(fds)
            return
        self._backlog.append((memoryview(frame), tuple(fds)))
        if len(self._backlog) == 1:
            self._flush()

    def hang_up(self) -> None:
        """Tell the peer that no more frames come. What it still sends is received."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the socket."""
        if not self.open:
            return
        self.open = False
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()
        for _frame, fds in self._backlog:
            _close_all(fds)
        self._backlog.clear()
        _close_all(self._frames.fds)
        self._frames.fds.clear()
        self._on_end()

    def _flush(self) -> None:
        while self._backlog:
            frame, fds = self._backlog[0]
            try:
                sent = wire.send_some(self._sock, frame, fds)
            except BlockingIOError:
                self._loop.add_writer(self._sock, self._flush)
                return
            except OSError:
                self.close()
                return
            _close_all(fds)  # they were sent with the first byte
            if sent < len(frame):
                self._backlog[0] = (frame[sent:], ())
            else:
                self._backlog.popleft()
        self._loop.remove_writer(self._sock)

    def _readable(self) -> None:
        try:
            data, fds = wire.receive_some(self._sock, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data, fds = b"", []
        if not data:
            self.close()
            return
        try:
            for message, own in self._frames.feed(data, fds):
                self._on_message(message, own)
        except wire.BrokenFrame:
            self.close()


def _close_all(fds: Sequence[int]) -> None:
    for fd in fds:
        os.close(fd)
