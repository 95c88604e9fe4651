"""The protocol between platform, zygote and each sandbox's init process: length, JSON, open files.

One frame is four bytes of length, one byte with the number of its open files, and a JSON object. The files
are sent with its first byte (SCM_RIGHTS). The number assigns them to frames, because the kernel may deliver
several frames in one read. Invariant: the zygote loads this module, must start fast and forks for every
sandbox, so nothing that it imports uses dataclasses, asyncio or subprocess.
"""

import array
import json
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence

HEADER = struct.Struct("!IB")
MAX_FRAME = 32 << 20
"""Enough for several times 100 variables of 32 KiB and a long argv; a longer frame means a broken peer."""

_FDS_SPACE = socket.CMSG_SPACE(8 * array.array("i").itemsize)
_RECEIVE_FLAGS = getattr(socket, "MSG_CMSG_CLOEXEC", 0)

Message = dict[str, object]


class BrokenFrame(Exception):
    """The peer sent bytes that are not a frame."""


def encode(message: Mapping[str, object], files: int = 0) -> bytes:
    """Return one frame for `files` open files. Lone surrogates (undecodable names) are preserved."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(body) > MAX_FRAME:
        raise BrokenFrame(f"a frame of {len(body)} bytes")
    return HEADER.pack(len(body), files) + body


def decode(body: bytes) -> Message:
    """Return the JSON object of one frame."""
    try:
        message = json.loads(body)
    except ValueError as error:
        raise BrokenFrame(f"not JSON: {error}") from None
    if not isinstance(message, dict):
        raise BrokenFrame("not an object")
    return message


def send_some(sock: socket.socket, data: bytes | memoryview, fds: Sequence[int] = ()) -> int:
    """Send as much as possible now, open files with the first byte; return how many bytes were sent."""
    if not fds:
        return sock.send(data)
    rights = array.array("i", fds)
    return sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


def receive_some(sock: socket.socket, size: int) -> tuple[bytes, list[int]]:
    """Receive up to `size` bytes and the open files that came with them; b"" at the end."""
    data, ancillary, _flags, _address = sock.recvmsg(size, _FDS_SPACE, _RECEIVE_FLAGS)
    fds = array.array("i")
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    return data, fds.tolist()


def send(sock: socket.socket, message: Mapping[str, object], fds: Sequence[int] = ()) -> None:
    """Send one frame on a blocking socket."""
    frame = memoryview(encode(message, len(fds)))
    sent = send_some(sock, frame, fds)
    if sent < len(frame):
        sock.sendall(frame[sent:])


def receive(sock: socket.socket) -> tuple[Message | None, list[int]]:
    """Wait for one frame on a blocking socket; None if the peer has closed."""
    header, fds = _exactly(sock, HEADER.size)
    if len(header) < HEADER.size:
        return None, fds
    size, _files = HEADER.unpack(header)
    if size > MAX_FRAME:
        raise BrokenFrame(f"a frame of {size} bytes")
    body, more = _exactly(sock, size)
    fds += more
    return (decode(body), fds) if len(body) == size else (None, fds)


def _exactly(sock: socket.socket, size: int) -> tuple[bytes, list[int]]:
    data, fds = receive_some(sock, size)
    if len(data) == size or not data:
        return data, fds
    parts = bytearray(data)
    while len(parts) < size:
        data, more = receive_some(sock, size - len(parts))
        fds += more
        if not data:
            break
        parts += data
    return bytes(parts), fds


class Frames:
    """Splits a byte stream into frames, in whatever pieces it arrives."""

    __slots__ = ("_buffer", "fds")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.fds: list[int] = []
        """Open files that have arrived before their frame is complete."""

    def feed(self, data: bytes, fds: Sequence[int] = ()) -> Iterator[tuple[Message, list[int]]]:
        """Add what arrived; yield every frame that is now complete, with its open files."""
        self._buffer += data
        self.fds += fds
        while len(self._buffer) >= HEADER.size:
            size, files = HEADER.unpack_from(self._buffer)
            if size > MAX_FRAME:
                raise BrokenFrame(f"a frame of {size} bytes")
            end = HEADER.size + size
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            own, self.fds = self.fds[:files], self.fds[files:]
            yield decode(body), own
