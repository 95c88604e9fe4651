"""Faults of a connection: ambiguous framing is believed, silent neighbours hold a worker each."""

import asyncio
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage

from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.choice import FaultInjectingWork
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.http.connection import Connection, ConnectionFactory
from sigmic_conformance.mock_server.ports import Ids

_FRAMING = (b"content-length:", b"transfer-encoding:")
_AMBIGUOUS = 2
"""Headers that say how long a body is; one of them is enough."""


class FaultyConnection(FaultInjectingWork, Connection):
    """One connection that may meet faults of the whole server: nobody is known yet."""

    __slots__ = ("_asker", "_server", "has_asked")

    def __init__(
        self, manager: web.Server, ids: Ids, buffer: bytearray, asker: Asker, **options: Any
    ) -> None:
        self._asker = asker
        super().__init__(manager, ids, buffer, **options)
        self.has_asked = not self.may_fault
        """Whether a whole request head has come: it is noted of connections made while a fault may act."""
        self._server = manager

    def silent_neighbours(self) -> int:
        """Return how many connections of the server have not asked anything yet."""
        connections = self._server.connections
        return sum(isinstance(each, FaultyConnection) and not each.has_asked for each in connections)

    def data_received(self, data: bytes) -> None:
        super().data_received(self._smuggled(data))

    def _smuggled(self, data: bytes) -> bytes:
        """Return what came, so that the body of an ambiguous request becomes a second one."""
        if self._asker.is_idle("connection.smuggling"):
            return data
        head, end, body = data.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        framing = [line for line in lines if line.lower().startswith(_FRAMING)]
        if not body or len(framing) < _AMBIGUOUS or not self._asker.wanted("connection.smuggling"):
            return data
        kept = [line for line in lines if line not in framing]
        return b"\r\n".join([first, *kept, b"Content-Length: 0"]) + end + body


class FaultyConnectionFactory(FaultInjectingWork, ConnectionFactory):
    """Makes a `FaultyConnection` for every client."""

    def __init__(self, faults: Faults, *given: Any, **options: Any) -> None:
        self._asker = Asker(faults, None)
        super().__init__(*given, **options)

    def __call__(self) -> Connection:
        return FaultyConnection(self, self.ids, self.buffer, self._asker, **self.options)

    def request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        if isinstance(protocol, FaultyConnection):
            protocol.has_asked = True
        return super().request(message, payload, protocol, writer, task)
