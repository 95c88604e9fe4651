"""The HTTP server: a port, its connections, and their orderly end."""

import asyncio
import os
import socket

from sigmic_mock.http.app import App
from sigmic_mock.http.connection import ConnectionFactory
from sigmic_mock.http.event_stream import OpenStreams

_QUEUED = 1024
"""Connections that may wait to be accepted."""
_ACCEPTED_EACH_PASS = 16
"""Connections that are accepted in one pass of the event loop: with their requests 3 ms."""
_KEEP_ALIVE_SECONDS = 75.0
"""For idle connections, and those that never send a complete request head."""
_STREAMS_SECONDS = 1.0
_REQUESTS_SECONDS = 1.0


class PortTaken(Exception):
    """The server cannot listen on the address; the message says which and why, and what to type instead."""

    def __init__(self, host: str, port: int, reason: str, cure: str = "--port 0", owner: str = "") -> None:
        by = f" by {owner}" if owner else ""
        super().__init__(f"can't listen on {host}:{port}: {reason.lower()}{by}. Try {cure}")
        self.host = host
        self.port = port
        self.reason = reason
        self.cure = cure

    def by(self, owner: str) -> "PortTaken":
        """Return the same with the owner of the port, if it is known."""
        return PortTaken(self.host, self.port, self.reason, self.cure, owner)


def port_error(host: str, port: int, problem: OSError) -> PortTaken:
    """Return the error for a port that cannot be used."""
    # The text of asyncio repeats the address.
    return PortTaken(host, port, os.strerror(problem.errno or 0))


def _let_queue(server: asyncio.Server) -> None:
    """Let more connections wait than asyncio accepts in one pass. asyncio has only one number for both."""
    for each in server.sockets:
        with socket.socket(fileno=os.dup(each.fileno())) as same:
            same.listen(_QUEUED)


class HttpServer:
    """Serves an `App` on one address."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._factory: ConnectionFactory | None = None
        self._server: asyncio.Server | None = None

    @property
    def streams(self) -> OpenStreams:
        """The open streams."""
        return self.app.services.open_streams

    async def listen(self, host: str, port: int) -> int:
        """Start answering; return the port. Raises `PortTaken`."""
        self._factory = ConnectionFactory(
            self.app,
            self.app.ids,
            access_log=None,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            lingering_time=0,  # `http.unread_body` does it, within bounds
            # A heartbeat or the time-out detects a dead client long before the two hours of the kernel.
            tcp_keepalive=False,
            auto_decompress=False,
        )
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._factory, host, port, backlog=_ACCEPTED_EACH_PASS, reuse_address=True
            )
        except (socket.gaierror, UnicodeError):
            raise PortTaken(host, port, "not an address of this machine", "--host 127.0.0.1") from None
        except OSError as problem:
            raise port_error(host, port, problem) from None
        _let_queue(self._server)
        bound: tuple[str, int] = self._server.sockets[0].getsockname()
        return bound[1]

    def close_port(self) -> None:
        """Accept no more connections; running requests and streams continue."""
        if self._server is not None and self._factory is not None:
            self._server.close()
            self._factory.pre_shutdown()
            self._server = None

    async def stop(self) -> None:
        """End streams at an event boundary, finish running requests, close connections. Time-limited."""
        if self._factory is None:
            return
        self.close_port()
        await self.streams.finish(_STREAMS_SECONDS)
        await self._factory.shutdown(_REQUESTS_SECONDS)
