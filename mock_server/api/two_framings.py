"""Streams framed as no server may frame them (RFC 9112): by two lengths, or in chunks for an old client."""

from aiohttp import web

_LENGTH = "1000000"


class TwoFramings(web.StreamResponse):
    """Adds a `Content-Length` to a chunked answer, after the library has taken care that there is none."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers["Content-Length"] = _LENGTH


class ChunksForAll(web.StreamResponse):
    """Announces chunks to a client of HTTP/1.0. Its body must be framed so; the last chunk comes here."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers["Transfer-Encoding"] = "chunked"

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the last chunk."""
        if self._req is not None and self._req.transport is not None:
            self._req.transport.write(b"0\r\n\r\n")
        await super().write_eof(data)
