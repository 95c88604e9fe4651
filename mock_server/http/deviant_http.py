"""Faults below the operations: ambiguous framing, paths decoded too early, a body after HEAD."""

import re
from collections.abc import Callable
from posixpath import normpath
from urllib.parse import unquote

from aiohttp import web

from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.http.routing import Match, Router

Wanted = Callable[[], bool]
"""Whether a fault wants it; asked only where a yes changes what happens."""

_ENCODED = re.compile("%2[ef]", re.IGNORECASE)
_FRAMING = (b"content-length:", b"transfer-encoding:")
_AMBIGUOUS = 2
"""Headers that say how long a body is; one of them is enough."""


def rewritten(data: bytes, wanted: Wanted) -> bytes:
    """Return what a connection received, so that the body of an ambiguous request becomes a second one."""
    head, end, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    framing = [line for line in lines if line.lower().startswith(_FRAMING)]
    if not body or len(framing) < _AMBIGUOUS or not wanted():
        return data
    kept = [line for line in lines if line not in framing]
    return b"\r\n".join([first, *kept, b"Content-Length: 0"]) + end + body


def rerouted(request: web.BaseRequest, router: Router, wanted: Wanted) -> Match | None:
    """Return where a request leads whose path is decoded too early; None: where it leads anyway."""
    raw = request.rel_url.raw_path
    if _ENCODED.search(raw) is None:
        return None
    try:
        match = router.match(request.method, normpath(unquote(raw)))
    except ApiError:
        return None
    return match if wanted() else None


async def send_with_body(request: web.BaseRequest, answer: web.StreamResponse, wanted: Wanted) -> None:
    """Send the answer to a HEAD request with its body behind it."""
    body = answer.body if isinstance(answer, web.Response) else None
    if not isinstance(body, bytes) or request.transport is None or not wanted():
        return
    await answer.prepare(request)
    await answer.write_eof()
    request.transport.write(body)
