"""What the harness asks of sockets: TLS, a reset instead of an orderly end, little room for what arrives."""

import asyncio
import socket
import ssl
import struct
from urllib.parse import SplitResult

SMALL_BUFFER_BYTES = 4096


def tls(parts: SplitResult, given: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """The context for a URL; None for plain http."""
    if parts.scheme != "https":
        return None
    return given or ssl.create_default_context()


def reset_on_close(transport: asyncio.BaseTransport) -> None:
    """Make the next close of this transport send a reset."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def buffer_little(transport: asyncio.BaseTransport) -> None:
    """Have the system keep little of what arrives unread, so that a sender soon has to wait."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
