"""The head of a stream that announces its length in two ways, which no server may do (RFC 9112)."""

from aiohttp import web

_LENGTH = "1000000"


class TwoFramings(web.StreamResponse):
    """Adds a `Content-Length` to a chunked answer, after the library has taken care that there is none."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers["Content-Length"] = _LENGTH
