"""Connections that believe ambiguous framing or hold a worker each, and pages that may all call."""

from collections.abc import Awaitable, MutableMapping
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.faults.effect import Step, effect
from sigmic_conformance.mock_server.faults.engine import FaultHere
from sigmic_conformance.mock_server.http.app import App
from sigmic_conformance.mock_server.http.connection import Connection, ConnectionFactory
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.cors import Cors
from sigmic_conformance.mock_server.http.routing import OperationRoute

_FRAMING = (b"content-length:", b"transfer-encoding:")
_AMBIGUOUS = 2
"""Headers that say how long a body is; one of them is enough."""
_WORKERS = 8
_SILENT: set[Connection] = set()
"""Connections without a whole request head, of those made while the fault is armed."""
_ORIGIN = "Access-Control-Allow-Origin"
_HEADERS = "Access-Control-Allow-Headers"


@effect("connection.smuggling", at=Connection.buffer_updated)
def smuggles(fault: FaultHere, step: Step[None], self: Connection, nbytes: int) -> None:
    """Let the body of an ambiguous request become a second request."""
    head, end, body = bytes(self._buffer[:nbytes]).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    framing = [line for line in lines if line.lower().startswith(_FRAMING)]
    if not body or len(framing) < _AMBIGUOUS or not fault.fires():
        step(nbytes)
        return
    left = [line for line in lines if line not in framing]
    self.data_received(b"\r\n".join([first, *left, b"Content-Length: 0"]) + end + body)


@effect("connection.worker-each", at=ConnectionFactory.__call__)
def note_connection(_fault: FaultHere, step: Step[Connection], _self: ConnectionFactory) -> Connection:
    connection = step()
    _SILENT.add(connection)
    return connection


@effect("connection.worker-each", at=ConnectionFactory.request)
def note_request(
    _fault: FaultHere,
    step: Step[web.BaseRequest],
    _self: ConnectionFactory,
    message: Any,
    payload: Any,
    protocol: Any,
    *given: Any,
) -> web.BaseRequest:
    _SILENT.discard(protocol)
    return step(message, payload, protocol, *given)


@effect("connection.worker-each", at=App.perform)
async def waits_for_worker(
    fault: FaultHere,
    step: Step[Awaitable[web.StreamResponse]],
    _self: App,
    ctx: RequestContext,
    route: OperationRoute,
) -> web.StreamResponse:
    """Wait while silent connections hold every worker."""
    silent = _SILENT.intersection(ctx.request.protocol._manager.connections)  # type: ignore[union-attr]
    _SILENT.intersection_update(each for each in _SILENT if each.transport is not None)
    wanted = fault.params() if len(silent) >= _WORKERS else None
    if wanted is not None:
        await ctx.clock.sleep(wanted["seconds"], timer="fault")
    return await step(ctx, route)


@effect("cors.any-origin", at=Cors.let_read)
def lets_any_page_read(
    fault: FaultHere, step: Step[None], _self: Cors, origin: str, headers: CIMultiDict[str]
) -> None:
    step(origin, headers)
    if _ORIGIN not in headers and fault.fires():
        headers[_ORIGIN] = origin


@effect("cors.star-headers", at=Cors.preflight)
def allows_star(
    fault: FaultHere,
    step: Step[MutableMapping[str, str]],
    _self: Cors,
    origin: str | None,
    allow: tuple[str, ...],
) -> MutableMapping[str, str]:
    headers = step(origin, allow)
    # Browsers do not take `*` for `Authorization`.
    if _HEADERS in headers and fault.fires():
        headers[_HEADERS] = "*"
    return headers
