"""Handle a body that an answer did not need, so that its sender gets the answer, within limits.

If a connection is closed while bytes arrive, it is reset, and the sender may lose the answer. So the rest is
read and dropped. If it is short, the connection can be used again; otherwise it is closed.
"""

import asyncio
from contextlib import suppress

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

UNREAD_BYTES = 64 * 1024
"""Bytes of a body that may be left for the connection to be used again."""
MOST_BYTES = 64 * 1024 * 1024
MOST_SECONDS = 10.0


async def let_sender_read(request: web.BaseRequest, answer: web.StreamResponse) -> None:
    """Send `answer`, then drop the rest of the body: at most `MOST_BYTES`, for `MOST_SECONDS`."""
    content = request.content
    if not request.can_read_body or content.is_eof():
        return
    length = request.content_length
    is_much = length is None or length - content.total_bytes > UNREAD_BYTES
    if not answer.prepared and (is_much or "Expect" in request.headers):
        answer.force_close()
    await answer.prepare(request)
    await answer.write_eof()
    left = MOST_BYTES
    with suppress(TimeoutError, HttpProcessingError, web.RequestPayloadError):
        async with asyncio.timeout(MOST_SECONDS):
            while left > 0 and not content.is_eof():
                left -= len(await content.readany())
