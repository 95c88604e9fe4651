"""Connections to a target: directly, or through a tunnel that a proxy opens (`CONNECT`).

A plain http target is reached through a tunnel as well: so the record has exactly the bytes of the target,
and the target gets exactly the bytes of the probe. If a proxy opens no tunnel, the error names it.
"""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

from sigmic_conformance.target.proxy import Proxy

MOST_HEAD_BYTES = 1 << 16
WANTS_LOGIN = 407
_ERRNO = re.compile(r"\[Errno (\d+)\]")
Spoken = TypeVar("Spoken", bound=asyncio.BaseProtocol)


class NoTunnel(OSError):
    """The proxy cannot be reached or opens no tunnel; the text is one line."""


async def connect(
    speaker: Callable[[], Spoken], host: str, port: int, context: ssl.SSLContext | None, proxy: Proxy | None
) -> tuple[asyncio.Transport, Spoken]:
    """Connect the protocol that `speaker` creates; raises OSError, or `NoTunnel` for a proxy."""
    loop = asyncio.get_running_loop()
    if proxy is None:
        return await loop.create_connection(speaker, host, port, ssl=context)
    tunnel = await _tunnel(proxy, host, port)
    try:
        name = host if context else None
        return await loop.create_connection(speaker, sock=tunnel, ssl=context, server_hostname=name)
    except BaseException:
        tunnel.close()
        raise


async def open_streams(
    host: str, port: int, context: ssl.SSLContext | None, proxy: Proxy | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The same as a reader and a writer."""
    reader = asyncio.StreamReader()
    transport, protocol = await connect(
        lambda: asyncio.StreamReaderProtocol(reader), host, port, context, proxy
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())


async def _tunnel(proxy: Proxy, host: str, port: int) -> socket.socket:
    far = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    login = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    loop = asyncio.get_running_loop()
    try:
        found = await _reach(proxy)
    except OSError as error:
        raise NoTunnel(f"the proxy {proxy} can't be reached: {why(error)}") from error
    try:
        await loop.sock_sendall(found, f"CONNECT {far} HTTP/1.1\r\nHost: {far}\r\n{login}\r\n".encode())
        _accept(proxy, far, await _head(found))
    except NoTunnel:
        found.close()
        raise
    except OSError as error:
        found.close()
        raise NoTunnel(f"the proxy {proxy} opens no tunnel to {far}: {why(error)}") from error
    except BaseException:
        found.close()
        raise
    return found


def why(error: OSError, otherwise: str = "no answer in time") -> str:
    """The reason in a few words, without the addresses that asyncio repeats; `otherwise` for a timeout."""
    if isinstance(error, NoTunnel):
        return str(error)
    if isinstance(error, TimeoutError) and not str(error):
        return otherwise
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason.lower().replace('_', ' ')}"
    # asyncio joins the errors of several addresses of a name in a text.
    numbers = {error.errno or 0} if error.errno else set(map(int, _ERRNO.findall(str(error))))
    if numbers and min(numbers) > 0:
        return " and ".join(os.strerror(number).lower() for number in sorted(numbers))
    return (error.strerror or str(error)).lower()


async def _reach(proxy: Proxy) -> socket.socket:
    """Connect to the first address of the proxy that answers."""
    loop = asyncio.get_running_loop()
    trouble: OSError | None = None
    for family, kind, protocol, _, address in await loop.getaddrinfo(
        proxy.host, proxy.port, type=socket.SOCK_STREAM
    ):
        one = socket.socket(family, kind, protocol)
        one.settimeout(0)
        try:
            await loop.sock_connect(one, address)
        except OSError as error:
            trouble = error
            one.close()
        except BaseException:
            one.close()
            raise
        else:
            return one
    raise trouble or OSError("it has no address")


async def _head(tunnel: socket.socket) -> bytes:
    """The head of the proxy's answer, with any bytes after it; incomplete if the connection ends before."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MOST_HEAD_BYTES:
        data = await asyncio.get_running_loop().sock_recv(tunnel, 4096)
        if not data:
            break
        head += data
    return head


def _accept(proxy: Proxy, far: str, head: bytes) -> None:
    """Raise `NoTunnel` unless the answer is a success; the next bytes are the target's."""
    line = head.partition(b"\r\n")[0].decode("latin-1")
    code = line.split(" ")[1] if line.startswith("HTTP/1.") and line.count(" ") else ""
    if len(code) == len("200") and code.startswith("2") and head.endswith(b"\r\n\r\n"):
        return
    said = "".join(each for each in line if each.isprintable())[:100] or "no answer"
    hint = f"; give USER:PASSWORD@ in {proxy.variable}" if code == str(WANTS_LOGIN) else ""
    raise NoTunnel(f"the proxy {proxy} opens no tunnel to {far}: {said}{hint}")
