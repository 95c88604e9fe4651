"""Connections to MCP servers elsewhere, each to an address that was checked, not to a name."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from sigmic_mock.mcp.outbound import Outbound

_PIECE_BYTES = 8 << 10


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """Connects only where `outbound` allows it. Raises `AddressRefused`."""

    def __init__(self, tls: ssl.SSLContext, outbound: Outbound) -> None:
        super().__init__(verify=tls)
        # The only place to set a network backend; httpx2 creates its pool without one.
        self._pool = httpcore2.AsyncConnectionPool(ssl_context=tls, network_backend=_Network(outbound))


class _Stream(httpcore2.AsyncNetworkStream):
    """A connection that is read in small pieces, because one piece is parsed without letting others run."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(min(max_bytes, _PIECE_BYTES), timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        return _Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore2.AsyncNetworkBackend):
    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve the name, check all its addresses, and connect to one of them."""
        addresses = await _addresses(host, port)
        for address in addresses:
            self._outbound.check(address, port)
        problem: Exception = httpcore2.ConnectError("the name has no address")
        for address in addresses:
            try:
                connection = await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
                return _Stream(connection)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failure:
                problem = failure
        raise problem

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


async def _addresses(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpcore2.ConnectError("the name is not known") from None
    return list(dict.fromkeys(_text(*each[4]) for each in found))


def _text(address: str, _port: int, _flow: int = 0, scope: int = 0) -> str:
    return f"{address}%{scope}" if scope else address
