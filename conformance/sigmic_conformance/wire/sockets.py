"""Sockets of the harness: TLS, a reset instead of an orderly close, small receive buffers, unread bytes."""

import asyncio
import os
import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

SMALL_BUFFER_BYTES = 16_384
LARGE_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The address of a target: host and port, the Host header, the prefix of each path, and TLS."""

    host: str
    port: int
    authority: str
    prefix: str
    context: ssl.SSLContext | None


def tls(parts: SplitResult, given: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """The context for a URL; None for plain http."""
    if parts.scheme != "https":
        return None
    return given or ssl.create_default_context()


def address_of(base_url: str) -> Address:
    """The address of a base URL. Raises ValueError for a URL without a host."""
    parts = urlsplit(base_url)
    if not parts.hostname:
        raise ValueError(f"not an http or https URL: {base_url}")
    context = tls(parts, None)
    return Address(
        host=parts.hostname,
        port=parts.port or (443 if context else 80),
        authority=parts.netloc.rpartition("@")[2],
        prefix=parts.path.rstrip("/"),
        context=context,
    )


def reset_on_close(transport: asyncio.BaseTransport) -> None:
    """Let the next close of this transport send a reset."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def buffer_little(transport: asyncio.BaseTransport) -> None:
    """Let the system buffer little unread data, so that a sender soon has to wait."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)


def buffer_much(transport: asyncio.BaseTransport) -> None:
    """Undo `buffer_little`."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE_BUFFER_BYTES)


def unread(transport: asyncio.BaseTransport) -> bytes:
    """The bytes that arrived before a plain connection was lost, which its transport did not read."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    read = bytearray()
    with suppress(OSError):
        if raw is not None and transport.get_extra_info("sslcontext") is None:
            with socket.socket(fileno=os.dup(raw.fileno())) as own:
                while data := own.recv(LARGE_BUFFER_BYTES, socket.MSG_DONTWAIT):
                    read += data
    return bytes(read)
