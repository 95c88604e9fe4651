"""Where requests lead, and which pages may call, when faults have the platform's front door built otherwise.

All of it falls before anybody is known, but for ids: such a fault is armed for the whole server.
"""

from collections.abc import MutableMapping
from uuid import UUID

from aiohttp import web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.http.connection import Connection
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.routing import Match, PlainHandler, PlainRoute, Router

_WORKERS = 8
_PAGE = "<!doctype html><title>Sigmic</title><div id=app></div>"


def match(request: web.BaseRequest, router: Router, faults: Faults) -> Match:
    """Return the route of a request; raises NOT_FOUND, METHOD_NOT_ALLOWED, or what a fault makes of them."""
    try:
        return router.match(request.method, request.rel_url.raw_path)
    except ApiError as refusal:
        handler = _nowhere(refusal, faults)
        if handler is None:
            raise
        return Match(PlainRoute("page", handler), {}, ())


def _nowhere(refusal: ApiError, faults: Faults) -> PlainHandler | None:
    """Return what answers instead of a refusal of the router; raises another refusal."""

    def wants(decision: str) -> bool:
        return faults.deviates(decision, None) is not None

    if refusal.code is ErrorCode.NOT_FOUND:
        if wants("route.catch-all"):
            return _page
        return _bare if wants("route.bare-404") else None
    if refusal.code is ErrorCode.METHOD_NOT_ALLOWED:
        if wants("route.method-as-path"):
            raise ApiError(ErrorCode.NOT_FOUND, "There is nothing at this address")
        if wants("route.no-allow"):
            raise ApiError(ErrorCode.METHOD_NOT_ALLOWED)
        if wants("route.static-allow"):
            raise ApiError(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
    return None


async def _page(_request: web.BaseRequest) -> web.StreamResponse:
    """Answer as a server does that gives every unknown address to the web page's own router."""
    return web.Response(text=_PAGE, content_type="text/html")


async def _bare(_request: web.BaseRequest) -> web.StreamResponse:
    """Answer as a framework does of itself."""
    return web.Response(status=404, text="404: Not Found")


async def wait_for_a_worker(call: Call, faults: Faults) -> None:
    """Wait while silent connections hold every worker, when a fault gives each connection one."""
    connection = call.request.protocol
    if faults.is_quiet("connection.worker-each") or not isinstance(connection, Connection):
        return
    if connection.silent_neighbours() < _WORKERS:
        return
    wrong = faults.deviates("connection.worker-each", call.project)
    if wrong is not None:
        await call.clock.sleep(wrong["seconds"], timer="fault")


def cast_id(call: Call, faults: Faults) -> None:
    """Fall over an id that is no UUID, when a fault has it cast before it is looked at."""
    given = call.path.get("id")
    if given is None or faults.is_quiet("path.cast-id"):
        return
    try:
        UUID(given)
    except ValueError:
        about = {"operation": call.operation.operation_id, "task": given}
        if faults.deviates("path.cast-id", call.project, **about) is not None:
            raise


def let_pages_call(origin: str | None, headers: MutableMapping[str, str], faults: Faults) -> None:
    """Reflect an origin that is not allowed, when a fault has all of them allowed."""
    name = "Access-Control-Allow-Origin"
    if origin is not None and name not in headers and faults.deviates("cors.any-origin", None) is not None:
        headers[name] = origin


def grant_any_header(headers: MutableMapping[str, str], faults: Faults) -> None:
    """Grant `*` instead of header names, which browsers do not take for `Authorization`."""
    name = "Access-Control-Allow-Headers"
    if name in headers and faults.deviates("cors.star-headers", None) is not None:
        headers[name] = "*"
