"""Puts an altered answer on the wire: whole, in pieces, cut short, or with the connection broken."""

import asyncio
import socket
import struct

from aiohttp import web

from sigmic_mock.faults.observer import FaultyRequestObserver
from sigmic_mock.faults.wire.drafts import Draft
from sigmic_mock.http.observer import RequestObserver

MOST_PIECES = 500
"""More would teach nothing, and a file of 5 MB would take hours."""


async def deliver(
    request: web.BaseRequest, observer: RequestObserver | None, draft: Draft
) -> web.StreamResponse:
    """Send an altered answer, or return it to be sent."""
    body = draft.as_bytes()
    draft.headers.pop("Content-Length", None)
    how = draft.delivery
    if how.is_plain:
        whole = web.Response(body=body, status=draft.status, headers=draft.headers)
        if how.close:
            whole.force_close()
        return whole
    draft.headers["Content-Length"] = str(max(0, len(body) + how.announce))
    answer = web.StreamResponse(status=draft.status, headers=draft.headers)
    if how.close or how.announce:
        answer.force_close()
    await answer.prepare(request)
    sent = body if how.cut is None else body[: how.cut]
    if isinstance(observer, FaultyRequestObserver):
        observer.sent(draft.status, draft.headers, sent)
    for number, piece in enumerate(pieces(sent, how.piece)):
        if number and how.pause:
            await asyncio.sleep(how.pause)
        if request.transport is None:
            raise ConnectionResetError("the client left")
        request.transport.write(piece)
    if how.reset or how.cut is not None or how.announce > 0 or how.hang_up:
        raise broken(request, reset=how.reset)
    await answer.write_eof()
    return answer


def pieces(body: bytes, size: int) -> list[bytes]:
    """Split a body into pieces of `size` bytes (0: all), the last of `MOST_PIECES` with the rest."""
    ends = [*range(size, len(body), size)][: MOST_PIECES - 1] if size else []
    return [body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True)]


def broken(request: web.BaseRequest, *, reset: bool) -> ConnectionError:
    """Break the connection of a request; return the exception for its handler to raise."""
    if request.transport is not None:
        break_off(request.transport, reset=reset)
    return ConnectionResetError("a fault broke the connection")


def break_off(transport: asyncio.Transport, *, reset: bool) -> None:
    """End a connection, with a reset (RST) as when a machine dies, or in order."""
    if not reset:
        transport.close()
        return
    peer: socket.socket | None = transport.get_extra_info("socket")
    if peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
