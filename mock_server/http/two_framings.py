"""Streams framed as no server may frame them (RFC 9112): by two lengths, or in chunks for an old client."""

from sigmic_conformance.mock_server.http.stream_answer import StreamAnswer

_LENGTH = "1000000"


class TwoFramings(StreamAnswer):
    """Adds a `Content-Length` to a chunked answer, after the library has taken care that there is none."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers["Content-Length"] = _LENGTH


class ChunksForAll(StreamAnswer):
    """Announces chunks to a client of HTTP/1.0, and sends them."""

    @property
    def in_chunks(self) -> bool:
        return True

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers["Transfer-Encoding"] = "chunked"
