"""Opens exchanges with a target: a thin HTTP/1.1 client, one connection per exchange.

Nothing is retried. Every exchange has a deadline and a size limit: a target that hangs, floods or resets
reaches one of them and is recorded.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from sigmic_conformance.target.profile import Credentials
from sigmic_conformance.target.proxy import Proxy
from sigmic_conformance.wire.connection import Bounds, Capture, Connection, Request
from sigmic_conformance.wire.sockets import tls
from sigmic_conformance.wire.tunnel import connect, why

NO_CONNECTION = "no connection in time"
"""How the error of a request begins that could not connect; neither side refused it."""


class Client:
    """Opens exchanges with one target."""

    def __init__(
        self,
        base_url: str,
        *,
        context: ssl.SSLContext | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        proxy: Proxy | None = None,
    ) -> None:
        """`headers` are sent with every request but not recorded; `proxy` tunnels to the target."""
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"not an http or https URL: {base_url}")
        self.base_url = base_url.rstrip("/")
        self._host = parts.hostname
        self._authority = parts.netloc.rpartition("@")[2]
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._prefix = parts.path.rstrip("/")
        self._context = tls(parts, context)
        self._headers = headers
        self._proxy = proxy
        self._open: set[Connection] = set()

    @classmethod
    def of(cls, base_url: str, credentials: Credentials) -> "Client":
        """A client with the additional headers and the proxy of the target's credentials."""
        return cls(base_url, headers=credentials.headers, proxy=credentials.proxy)

    async def open(
        self, request: Request, bounds: Bounds, on_data: Callable[[bytes], None] = lambda _: None
    ) -> Connection:
        """Connect and send; always returns a connection; if it failed, its capture has the reason."""
        connection = Connection(bounds, time.monotonic_ns, on_data, self._open.discard)
        self._open.add(connection)
        sent = replace(
            request, target=self._prefix + request.target, headers=(*request.headers, *self._headers)
        )
        try:
            async with asyncio.timeout(bounds.connect):
                await connect(lambda: connection, self._host, self._port, self._context, self._proxy)
        except (OSError, TimeoutError) as error:
            connection.refused(why(error, self._in_time))
            self._open.discard(connection)
            return connection
        try:
            async with asyncio.timeout(bounds.total):
                await connection.send(sent, self._authority)
        except TimeoutError:
            connection.give_up(f"the request could not be sent within {bounds.total:g} s")
        return connection

    @property
    def _in_time(self) -> str:
        return NO_CONNECTION + (f", by way of the proxy {self._proxy}" if self._proxy else "")

    async def exchange(self, request: Request, bounds: Bounds) -> Capture:
        """Send, read everything, close."""
        connection = await self.open(request, bounds)
        try:
            await connection.head(bounds.head)
            if not await connection.over(bounds.total):
                connection.give_up(f"the answer did not end within {bounds.total:g} s")
        except asyncio.CancelledError:
            connection.abandon()
            raise
        return connection.capture

    def close(self) -> None:
        """Abandon every open connection, including those with an unfinished exchange or unread data."""
        for connection in self._open.copy():
            connection.abandon()


def retry_after(headers: Iterator[tuple[str, str]] | tuple[tuple[str, str], ...], ceiling: float) -> float:
    """Seconds to wait before a refused request is retried; a date or no value means 1 s."""
    value = next((text for name, text in headers if name.lower() == "retry-after"), "")
    return min(float(value), ceiling) if value.isascii() and value.isdigit() else min(1.0, ceiling)
