"""Connections that believe ambiguous framing or hold a worker each, and pages that may all call."""

from typing import Any

from multidict import CIMultiDict

from sigmic_mock.faults.effect import after, before, effect
from sigmic_mock.faults.engine import Here
from sigmic_mock.http.app import App
from sigmic_mock.http.connection import Connection, ConnectionFactory
from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.cors import Cors

_FRAMING = (b"content-length:", b"transfer-encoding:")
_AMBIGUOUS = 2
"""Headers with the length of a body; one of them is enough."""
_WORKERS = 8
_SILENT: set[Connection] = set()
"""Connections without a whole request head, of those made while the fault is armed."""
_ORIGIN = "Access-Control-Allow-Origin"


@effect("http.second-request-in-body", at=Connection.buffer_updated)
def smuggles(here: Here, self: Connection, nbytes: int) -> None:
    """Let the body of an ambiguous request become a second request."""
    head, end, body = bytes(self._buffer[:nbytes]).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    framing = [line for line in lines if line.lower().startswith(_FRAMING)]
    if not body or len(framing) < _AMBIGUOUS or not here.fires():
        here.step(nbytes)
        return
    left = [line for line in lines if line not in framing]
    self.data_received(b"\r\n".join([first, *left, b"Content-Length: 0"]) + end + body)


@after("http.worker-each", at=ConnectionFactory.__call__)
def note_connection(_here: Here, _self: ConnectionFactory, connection: Connection) -> Connection:
    _SILENT.add(connection)
    return connection


@before("http.worker-each", at=ConnectionFactory.request)
def note_request(
    _here: Here, _self: ConnectionFactory, _message: Any, _payload: Any, protocol: Any, *_: object
) -> None:
    _SILENT.discard(protocol)


@before("http.worker-each", at=App.perform)
async def waits_for_worker(here: Here, _self: App, ctx: RequestContext, *_: object) -> None:
    """Wait while silent connections hold every worker."""
    manager: Any = ctx.request.protocol._manager  # there while a request of it is performed
    silent = _SILENT.intersection(manager.connections)
    _SILENT.intersection_update(each for each in _SILENT if each.transport is not None)
    wanted = here.params() if len(silent) >= _WORKERS else None
    if wanted is not None:
        await ctx.clock.sleep(wanted["seconds"], timer="fault")


@effect("cors.any-origin", at=Cors.let_read)
def lets_any_page_read(here: Here, _self: Cors, origin: str, headers: CIMultiDict[str]) -> None:
    here.step(origin, headers)
    if _ORIGIN not in headers and here.fires():
        headers[_ORIGIN] = origin
